-- A version names one state of one mentor: the next record goes on counting, whoever
-- opens it, and the log of each record is whole from its first version to its last.
begin;
\ir _fixtures.psql

select plan(18);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['nils', 'kari', 'imported']) name;
select pg_temp.certify('nils', 400), pg_temp.certify('imported', 400);

create function pg_temp.versions(mentor text) returns text[]
language sql as $$
  select array(
    select format('%s–%s', r.first_version, r.version) from public.pause_records r
    where r.mentor_id = pg_temp.id(mentor) order by r.version)
$$;

-- Seen on an earlier pause.
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('nils')));
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('nils')));
select is(
  pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'')', pg_temp.id('nils'))) #>> '{pause_record,version}',
  '3', 'the second pause goes on where the first one ended');
select is(pg_temp.versions('nils'), array['1–2', '3–3'], 'and knows with which version it began');
select pg_temp.refuses('coordinator', format('public.pause_mentor(%L, ''Sykdom'', null, 1)', pg_temp.id('nils')), 'version_conflict', 409,
  'a version of an earlier pause is a conflict', '3');
select pg_temp.refuses('coordinator', format('public.reactivate_mentor(%L, 1)', pg_temp.id('nils')), 'version_conflict', 409,
  'for the return too', '3');
select is((select r.pause_reason from public.pause_records r where r.mentor_id = pg_temp.id('nils') and r.status = 'paused'), 'Ferie',
  'nothing is overwritten');

-- By the run, and by hand.
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values
  (pg_temp.id('kari'), 'course', pg_temp.today() - 90, pg_temp.today() - 8),
  (pg_temp.id('kari'), 'course', pg_temp.today() - 6, pg_temp.today() - 5);
select private.apply_changes(array[pg_temp.id('kari')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');
select is(pg_temp.log('kari'), array[
  'active>expired_cert v1 by scheduler - from day -7',
  'expired_cert>active v2 by scheduler - from day -6',
  'active>expired_cert v3 by scheduler - from day -4'], 'what three missed nights would have changed, in one run');
select is(pg_temp.versions('kari'), array['1–2', '3–3'], 'its records go on counting');
select is_empty(format('select * from private.find_log_discrepancies(array[%L::uuid])', pg_temp.id('kari')),
  'one ends before the next begins');

insert into public.pause_records (mentor_id, status, paused_at, reactivated_at)
select pg_temp.id('imported'), 'active', now() - make_interval(days => d), now() - make_interval(days => d - 1) from generate_series(9, 3, -3) d;
select is(pg_temp.versions('imported'), array['1–1', '2–2', '3–3'], 'history that is imported counts too');
insert into public.pause_records (mentor_id, status, version, first_version) values (pg_temp.id('imported'), 'paused', 1, 1);
select is((pg_temp.versions('imported'))[4], '4–4', 'whatever version a hand asks for');
select throws_ok(format($$ update public.pause_records set first_version = 1 where mentor_id = %L and status = 'paused' $$, pg_temp.id('imported')),
  '23514', null, 'the first version stays');

-- However often somebody has been away, the next pause reads only the last of it.
select pg_temp.add_mentor('often away', 'oslo');
select pg_temp.certify('often away', 400);
insert into public.pause_records (mentor_id, status, paused_at, reactivated_at)
select pg_temp.id('often away'), 'active', now() - make_interval(days => d), now() - make_interval(days => d) from generate_series(300, 1, -1) d;
-- What counts is what the index leaves to be read: the table is so small here that reading the
-- whole of it may be the better plan.
set local enable_seqscan = off;
create temporary table read_before as
select s.idx_tup_fetch + s.seq_tup_read as rows from pg_stat_xact_user_tables s where s.relname = 'pause_records';
select is(
  pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'')', pg_temp.id('often away'))) #>> '{pause_record,version}',
  '301', 'the 301st pause of a mentor');
select cmp_ok((
    select s.idx_tup_fetch + s.seq_tup_read - b.rows from pg_stat_xact_user_tables s, read_before b where s.relname = 'pause_records'),
  '<', 20::bigint, 'reads a few records');
set local enable_seqscan = on;

-- A row that the log of a later record lacks is found, and only that.
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'', null, 3)', pg_temp.id('nils')));
select is_empty(format('select * from private.find_log_discrepancies(array[%L, %L]::uuid[])', pg_temp.id('nils'), pg_temp.id('imported')), 'each log is whole');
alter table public.pause_status_log disable trigger user;
delete from public.pause_status_log where mentor_id = pg_temp.id('nils') and record_version = 3;
alter table public.pause_status_log enable trigger user;
select results_eq(format('select kind from private.find_log_discrepancies(array[%L::uuid])', pg_temp.id('nils')),
  array['version_missing'], 'the first version of the second record is missed');
select private.repair_log(array[pg_temp.id('nils')], pg_temp.today());
select is((pg_temp.log('nils'))[4:], array['active>paused v3 by reconciler - from day 0'], 'and appended');
select is_empty(format('select * from private.find_log_discrepancies(array[%L::uuid])', pg_temp.id('nils')), 'once');

-- Records from before versions went on, or loaded without triggers, begin with 1.
alter table public.pause_records disable trigger user;
update public.pause_records set first_version = null where mentor_id = pg_temp.id('nils') and version = 2;
alter table public.pause_records enable trigger user;
select is_empty(format('select * from private.find_log_discrepancies(array[%L::uuid])', pg_temp.id('nils')), 'one that does not say where it began began with 1');

select * from finish();
rollback;
