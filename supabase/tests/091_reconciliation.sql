-- Tampered logs: found, repaired by appending, reported once, counted,
-- acknowledged. The tamperer is the owner, with the guards switched off.
begin;
\ir _fixtures.psql

select plan(47);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['good', 'no log', 'no log at all', 'gap', 'last missing', 'repeated', 'ahead', 'differs', 'ghost', 'overlap']) name;
select pg_temp.certify(name, 400) from people where name not like '%or';

-- Each: paused, arepaired, back, and away again.
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', id)) from people where name not like '%or' and name <> 'overlap';
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', null, 1)', id)) from people where name not like '%or' and name <> 'overlap';
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', id)) from people where name in ('good', 'gap', 'repeated');

create function pg_temp.reconcile() returns integer
language plpgsql as $$
declare
  done record;
begin
  select * into done from private.reconcile(
    array(select p.id from pg_temp.people p) || pg_temp.id('nobody at all'), pg_temp.today());
  return done.reported;
end
$$;
create function pg_temp.found(mentor text) returns text[]
language sql as $$
  select array(select d.kind from private.find_log_discrepancies(array[pg_temp.id(mentor)]) d order by 1)
$$;
create function pg_temp.reported(mentor text) returns text[]
language sql as $$
  select array(select d.kind from public.status_discrepancies d where d.mentor_id = pg_temp.id(mentor) order by d.id)
$$;
create function pg_temp.appended(mentor text) returns text[]
language sql as $$
  select array(
    select format('%s>%s v%s', l.from_status, l.to_status, l.record_version) from public.pause_status_log l
    where l.mentor_id = pg_temp.id(mentor) and l.actor_kind = 'reconciler' order by l.id)
$$;

select is(pg_temp.reconcile(), 0, 'untouched logs are fine');

alter table public.pause_status_log disable trigger user;
alter table public.pause_records disable trigger user;
delete from public.pause_status_log where mentor_id = pg_temp.id('no log');
delete from public.pause_status_log where mentor_id = pg_temp.id('gap') and record_version = 2;
delete from public.pause_status_log where mentor_id = pg_temp.id('last missing') and record_version = 2;
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
select pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on
from public.pause_status_log where mentor_id = pg_temp.id('repeated') and record_version = 3;
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
select pause_record_id, mentor_id, 'paused', 'paused', 'coordinator', 7, effective_on
from public.pause_status_log where mentor_id = pg_temp.id('ahead') and record_version = 2;
update public.pause_records set status = 'expired_cert' where mentor_id = pg_temp.id('differs');
delete from public.pause_records where mentor_id = pg_temp.id('ghost');
insert into public.pause_records (mentor_id, status, paused_at, reactivated_at) values
  (pg_temp.id('overlap'), 'active', now() - interval '9 days', now() - interval '5 days'),
  (pg_temp.id('overlap'), 'active', now() - interval '6 days', now() - interval '4 days'),
  (pg_temp.id('overlap'), 'active', now() - interval '4 days', now() - interval '3 days');
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
select id, mentor_id, 'active', 'active', 'system', 1, pg_temp.today() - 3 from public.pause_records where mentor_id = pg_temp.id('overlap');
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
values (pg_temp.id('no record'), pg_temp.id('nobody at all'), 'active', 'paused', 'system', 1, pg_temp.today());
alter table public.pause_status_log enable trigger user;
alter table public.pause_records enable trigger user;
-- The dashboard's counts, which the tampering made wrong too, have a test of their own.
select private.recount(array(select s.id from private.chapter_sets s));

select is(pg_temp.found(t.mentor), array[t.kind], t.kind || ' is found')
from (values ('no log', 'log_missing'), ('gap', 'version_missing'), ('last missing', 'version_missing'), ('repeated', 'version_repeated'),
  ('ahead', 'version_ahead'), ('differs', 'status_differs'), ('ghost', 'record_missing'), ('nobody at all', 'record_missing'),
  ('overlap', 'stretches_overlap')) t (mentor, kind);
select is(pg_temp.found('good'), '{}', 'and nothing where nothing is wrong');

create temporary table log_before as select * from public.pause_status_log;
select is(pg_temp.reconcile(), 9, 'each is reported');
select results_eq('select * from public.pause_status_log l where exists (select from log_before b where b.id = l.id) order by id',
  'select * from log_before order by id', 'what was logged stays');
select is(pg_temp.appended(t.mentor), t.rows, 'repaired by appending: ' || t.mentor)
from (values
  ('no log', array['active>paused v1', 'paused>paused v2']),
  ('gap', array['paused>paused v2', 'paused>active v3']),
  ('last missing', array['paused>paused v2']),
  ('repeated', '{}'::text[]),
  ('ahead', '{}'),
  ('differs', array['paused>expired_cert v2']),
  ('ghost', array['paused>active v3']),
  ('nobody at all', array['paused>active v2']),
  ('overlap', '{}')) t (mentor, rows);
select is_empty($$
  select r.mentor_id from public.pause_records r
  where r.status <> (select l.to_status from public.pause_status_log l where l.pause_record_id = r.id order by l.id desc limit 1) $$,
  'the log ends with the status that the table has');
select is(pg_temp.reconcile(), 0, 'the second time nothing is new');
select is((select count(*)::integer from log_before) + 8, (select count(*)::integer from public.pause_status_log), 'and nothing is appended');

-- Told, counted, acknowledged.

select is((select count(*)::integer from public.notifications where kind = 'discrepancy_found' and audience = 'administrator'), 9, 'administrators are told of each');
select is((pg_temp.answer('administrator', 'public.coordinator_roster()') #>> '{summary,open_discrepancies}')::integer, 8, 'counted in the roster');
create temporary table target as select id from public.status_discrepancies where mentor_id = pg_temp.id('gap');
grant select on target to public;
select pg_temp.refuses('coordinator', format('public.acknowledge_discrepancy(%s)', (select id from target)), 'not_an_administrator', 403, 'a coordinator may not acknowledge it');
select pg_temp.refuses('bergen administrator', format('public.acknowledge_discrepancy(%s)', (select id from target)), 'not_found', 404, 'nor another chapter''s administrator');
select pg_temp.refuses('good', format('public.acknowledge_discrepancy(%s)', (select id from target)), 'not_an_administrator', 403, 'nor a mentor');
select pg_temp.refuses('administrator', 'public.acknowledge_discrepancy(-1)', 'not_found', 404, 'one that is not there');
select lives_ok(format($$ select pg_temp.answer('administrator', 'public.acknowledge_discrepancy(%s)::text') $$, (select id from target)), 'the administrator may');
select is((pg_temp.answer('administrator', 'public.coordinator_roster()') #>> '{summary,open_discrepancies}')::integer, 7, 'which the roster shows');
select lives_ok(format($$ select pg_temp.answer('administrator', 'public.acknowledge_discrepancy(%s)::text') $$, (select id from target)), 'again is fine');
select is((pg_temp.answer('administrator', 'public.coordinator_roster()') #>> '{summary,open_discrepancies}')::integer, 7, 'and changes nothing');
create function pg_temp.acknowledge() returns jsonb
language sql as $$ select pg_temp.answer('administrator', format('private.acknowledge_discrepancy(%s, %L)', (select id from pg_temp.target), pg_temp.id('key'))) $$;
select is(pg_temp.acknowledge(), (select jsonb_build_object('acknowledge', jsonb_build_object('discrepancy_id', t.id)) from target t), 'the functions get an answer');
select set_config('response.headers', '', true);
select is(pg_temp.acknowledge(), (select jsonb_build_object('acknowledge', jsonb_build_object('discrepancy_id', t.id)) from target t), 'a repeated request the same');
select is(current_setting('response.headers', true), '[{"idempotent-replayed": "true"}]', 'which the headers say');
select pg_temp.refuses('administrator', format('public.acknowledge_discrepancy(%s, %L)', (select min(d.id) from public.status_discrepancies d where d.acknowledged_at is null), pg_temp.id('key')),
  'idempotency_key_reused', 422, 'the key is for this discrepancy only');
select throws_ok($$ select pg_temp.answer('anon', 'public.acknowledge_discrepancy(1)::text') $$, '42501', null, 'anon may not even ask');

-- Tampered with again, it is found again.
alter table public.pause_status_log disable trigger user;
delete from public.pause_status_log where mentor_id = pg_temp.id('gap') and record_version = 1;
alter table public.pause_status_log enable trigger user;
select is(pg_temp.reconcile(), 1, 'a new gap is a new discrepancy');

-- What is ahead of the record is no fact to repair a gap by; and when the record gets
-- there, its row is no repetition.
select pg_temp.add_mentor('nils', 'oslo');
select pg_temp.certify('nils', 400);
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('nils')));
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', null, 1)', pg_temp.id('nils')));
alter table public.pause_status_log disable trigger user;
delete from public.pause_status_log where mentor_id = pg_temp.id('nils') and record_version = 2;
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
select pause_record_id, mentor_id, 'active', 'paused', 'coordinator', 3, effective_on from public.pause_status_log where mentor_id = pg_temp.id('nils');
alter table public.pause_status_log enable trigger user;
select is(pg_temp.reconcile(), 2, 'a gap, and a row that is ahead of its record');
select is(pg_temp.appended('nils'), array['paused>paused v2'], 'the gap is repaired by what the table says');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', null, 2)', pg_temp.id('nils')));
select is(pg_temp.reconcile(), 0, 'the true row of that version is not reported as well');

-- A record that goes after its log was repaired.
alter table public.pause_records disable trigger user;
update public.pause_records set status = 'expired_cert' where mentor_id = pg_temp.id('nils');
select is(pg_temp.reconcile(), 1, 'repaired once');
delete from public.pause_records where mentor_id = pg_temp.id('nils');
alter table public.pause_records enable trigger user;
select private.recount(array(select s.id from private.chapter_sets s));
select is(pg_temp.reconcile(), 1, 'and missed when it is gone');
select is(pg_temp.reconcile(), 0, 'once');

select * from finish();
rollback;
