-- What a night costs: no table that grows with the organisation is ever read as a
-- whole, whether there is something to do or not.
begin;
\ir _fixtures.psql

select plan(12);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor('mentor ' || n, 'oslo') from generate_series(1, 40) n;
select pg_temp.certify('mentor ' || n, n - 5), pg_temp.assign('mentor ' || n, 'coordinator') from generate_series(1, 40) n;
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'', pg_temp.today() + 9)', pg_temp.id('mentor ' || n)))
from generate_series(20, 30) n;
update public.notifications set state = 'undeliverable' where mentor_id = pg_temp.id('mentor 20');

create function pg_temp.night(days integer) returns text
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + days, false, gen_random_uuid());
begin
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 7);
  end loop;
  return format('%s: %s expired, %s requeued', run ->> 'outcome', run ->> 'expired', run ->> 'requeued');
end
$$;
-- Scans of whole tables in this transaction so far. Not of those with one row, nor of
-- the few who are held.
create function pg_temp.scans() returns table (relation text, scans bigint)
language sql as $$
  select s.schemaname || '.' || s.relname, s.seq_scan
  from pg_stat_xact_user_tables s
  where s.schemaname in ('public', 'private') and s.relname not in ('settings', 'nightly_state', 'nightly_runs', 'nightly_held')
$$;
create temporary table scans_before (relation text, scans bigint);
create function pg_temp.scanned_during(days integer, expected text, what text) returns setof text
language plpgsql as $$
declare
  done text;
begin
  truncate scans_before;
  insert into scans_before select * from pg_temp.scans();
  done := pg_temp.night(days);
  return next is(done, expected, what);
  return next results_eq(
    'select s.relation from pg_temp.scans() s left join scans_before b using (relation) where s.scans > coalesce(b.scans, 0) order by 1',
    array[]::text[], 'and scans no table: ' || what);
end
$$;

-- Not with plans that were made while the tables were empty.
discard plans;
select pg_temp.night(0);
select pg_temp.scanned_during(0, 'completed: 0 expired, 0 requeued', 'a night with nothing to do');
select pg_temp.scanned_during(3, 'completed: 3 expired, 0 requeued', 'a night with changes, two of them missed');

-- Plans are kept while a session lives: these were made when few records were live.
-- However many there are by now, a chunk reads those of its own mentors.
select pg_temp.add_mentor('late ' || n, 'oslo') from generate_series(1, 300) n;
select pg_temp.certify('late ' || n, 50) from generate_series(1, 300) n;
select pg_temp.night(51);
select is(
  (select count(*) from public.pause_records r where r.status = 'expired_cert' and r.mentor_id in (
    select pg_temp.id('late ' || n) from generate_series(1, 300) n)), 300::bigint, 'many are away');
insert into private.nightly_pending (mentor_id) select pg_temp.id('late ' || n) from generate_series(1, 300) n;
create temporary table read_before as
select s.idx_tup_fetch from pg_stat_xact_user_tables s where s.relname = 'pause_records';
select pg_temp.night(52);
select cmp_ok((
    select s.idx_tup_fetch - b.idx_tup_fetch from pg_stat_xact_user_tables s, read_before b where s.relname = 'pause_records'),
  '<', 6000::bigint, 'a night reads each of their records a few times, not once for each chunk');

-- Whether a reminder is for a mentor is looked up by the mentor, not among all of them.
create temporary table few as select array_agg(pg_temp.id('late ' || n)) as ids from generate_series(1, 3) n;
create temporary table read_for_reminders as
select s.idx_tup_fetch from pg_stat_xact_user_tables s where s.relname = 'chapter_memberships';
select is((select count(*) from few, private.due_reminders(few.ids, pg_temp.today() + 45)), 3::bigint, 'a few are to be reminded');
select cmp_ok((
    select s.idx_tup_fetch - b.idx_tup_fetch from pg_stat_xact_user_tables s, read_for_reminders b where s.relname = 'chapter_memberships'),
  '<', 30::bigint, 'which reads their memberships, not those of everybody');

-- Nor is anybody compared with all whose certification ends within the month, which took a
-- second of a night in which thousands end. Its plans are those of a large organisation.
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select pg_temp.id('mentor 1'), 'kurs', pg_temp.today() - n, pg_temp.today() + 46 + n from generate_series(1, 2000) n;
analyze public.certifications;
create temporary table read_of_ends as
select s.idx_tup_fetch from pg_stat_xact_user_tables s where s.relname = 'certifications';
select is((select count(*) from few, private.due_reminders(few.ids, pg_temp.today() + 45)), 3::bigint, 'the same few among many');
select cmp_ok((
    select s.idx_tup_fetch - b.idx_tup_fetch from pg_stat_xact_user_tables s, read_of_ends b where s.relname = 'certifications'),
  '<', 30::bigint, 'which reads their certifications, not those that end within the month');

-- New rows go to the end of the index of their ids.
select is(
  (select count(*) from public.pause_records r where r.mentor_id = pg_temp.id('late 7') and r.id::text !~ '^.{14}7.{4}[89ab]'), 0::bigint,
  'the run''s records have ids that begin with the time');
select is(
  (select count(*) from public.notifications n where n.mentor_id = pg_temp.id('late 7')
    and n.id::text !~ '^.{14}7.{4}[89ab]'), 0::bigint,
  'and so have their notifications');

select * from finish();
rollback;
