-- The nightly run, by its RPCs: what is due on a date, once, dated by the facts;
-- and the ledger's rules for starts that come twice, late, or after a death.
begin;
\ir _fixtures.psql

select plan(67);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor(name, 'oslo') from unnest(array[
  'valid', 'lapsed', 'lapses today', 'lapsed yesterday', 'renewed', 'paused', 'paused and lapsed', 'leaver', 'pardoned', 'leap year']) name;
select pg_temp.certify('valid', 400);
select pg_temp.certify('lapsed', -12);
select pg_temp.certify('lapses today', 0);
select pg_temp.certify('lapsed yesterday', -1);
select pg_temp.certify('renewed', -12);
select pg_temp.certify('renewed', 500, -14);
select pg_temp.certify('paused', 400);
select pg_temp.certify('paused and lapsed', 400, kind => 'course');
select pg_temp.certify('leaver', -12);
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('leaver');
select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''paused''), ''Sykdom'', pg_temp.today() + 7)');
select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''paused and lapsed''), ''Sykdom'', pg_temp.today() + 90)');
select pg_temp.certify('paused and lapsed', -4);

-- Everything in one go, as the scheduler; the last answer.
create function pg_temp.night(days integer, batch integer default 1000, is_full boolean default false) returns jsonb
language plpgsql as $$
declare
  run jsonb;
begin
  perform set_config('role', 'pause_scheduler', true);
  run := public.nightly_begin(pg_temp.today() + days, is_full, gen_random_uuid());
  while run ->> 'outcome' is null and not coalesce((run ->> 'is_waiting')::boolean, false) loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, batch);
  end loop;
  perform pg_temp.sign_out();
  return run;
end
$$;
-- The pause_scheduler of these tests is entered with set role, for which postgres has to be a member.
grant pause_scheduler to postgres;

create function pg_temp.said(run jsonb) returns text
language sql as $$
  select format('%s: %s expired, %s restored, %s reminders', run ->> 'outcome', run ->> 'expired', run ->> 'restored', run ->> 'reminders')
$$;
create function pg_temp.reminders(mentor text) returns text[]
language sql stable as $$
  select array(
    select format('%s %s day %s to %s', n.kind, n.reminder, n.reference_on - pg_temp.today(), n.audience)
    from public.notifications n where n.mentor_id = pg_temp.id(mentor) and n.reminder is not null order by n.created_at, n.reminder, n.audience)
$$;

-- Who may.

select is(
  array(
    select format('%s %s', r.role, p.oid::regprocedure) from pg_proc p cross join unnest(array['anon', 'authenticated', 'service_role']) r (role)
    where p.proname like 'nightly\_%' and p.pronamespace = 'public'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')),
  '{}', 'nobody but the scheduler may execute the nightly RPCs');
select is(
  array(
    select p.proname::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname like 'nightly\_%' and has_function_privilege('pause_scheduler', p.oid, 'execute') order by 1),
  array['nightly_begin', 'nightly_preview', 'nightly_step', 'nightly_stop'], 'the scheduler may');
select is(
  array(
    select c.oid::regclass::text from pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'v')
      and has_table_privilege('pause_scheduler', c.oid, 'select, insert, update, delete, truncate')),
  '{}', 'and reaches no table');

-- The first run looks at everybody.

select is(pg_temp.said(pg_temp.night(-1, 2)), 'completed: 2 expired, 0 restored, 2 reminders', 'the first run, as of yesterday');
select is(pg_temp.log('lapsed'), array['active>expired_cert v1 by scheduler - from day -11'], 'expired from the day after the last valid one, though it is stored late');
select is(pg_temp.log('lapses today'), '{}', 'the last day is still valid');
select is(pg_temp.log('lapsed yesterday'), '{}', 'also yesterday''s, as of yesterday');
select is(pg_temp.log('renewed'), '{}', 'of each kind the furthest-reaching counts');
select is(pg_temp.log('leaver'), array['active>expired_cert v1 by scheduler - from day -11'],
  'who left every chapter today was a mentor yesterday');
select is(pg_temp.log('paused and lapsed'), array[
  'active>paused v1 by coordinator coordinator from day 0'],
  'what a coordinator stored today is not judged by yesterday''s facts');
select is(pg_temp.reminders('lapses today'), array[
  'certification_expiring certification_in_7_days day 0 to coordinator',
  'certification_expiring certification_in_7_days day 0 to mentor'], 'the latest reminder that is due, not all of them');

select is(pg_temp.said(pg_temp.night(0)), 'completed: 2 expired, 0 restored, 1 reminders', 'the next night looks at what is due');
select is(pg_temp.log('lapsed yesterday'), array['active>expired_cert v1 by scheduler - from day 0'], 'expired today');
select is(pg_temp.log('leaver'), array['active>expired_cert v1 by scheduler - from day -11', 'expired_cert>active v2 by system - from day 0'],
  'and is none today: what is open closes');
select is(pg_temp.outbox('leaver'), array['certification_expired v1 to coordinator', 'certification_expired v1 to mentor'], 'of which nobody is told');
select is(pg_temp.log('paused and lapsed'), array[
  'active>paused v1 by coordinator coordinator from day 0',
  'paused>expired_cert v2 by scheduler - from day -3'], 'a pause whose certification is over');
select results_eq(
  $$ select pause_reason, expected_return_date, paused_at is not null from public.pause_records where mentor_id = pg_temp.id('paused and lapsed') $$,
  $$ values ('Sykdom', pg_temp.today() + 90, true) $$, 'reason and return date stay');
select is(pg_temp.reminders('paused'), array[
  'return_due return_in_7_days day 7 to coordinator', 'return_due return_in_7_days day 7 to mentor'], 'a return in 7 days');
select is((pg_temp.outbox('lapsed yesterday'))[3:], array['certification_expired v1 to coordinator', 'certification_expired v1 to mentor'],
  'the expiry is told in the same transaction');

select is(pg_temp.said(pg_temp.night(0)), 'completed: 0 expired, 0 restored, 0 reminders', 'the same date again finds nothing left');
select is(pg_temp.said(pg_temp.night(-1)), 'skipped: 0 expired, 0 restored, 0 reminders', 'a date before the newest completed one is skipped');
select is((select count(*)::integer from public.nightly_runs), 3, 'and leaves no row');

-- Renewals, and a run that comes late.

select pg_temp.certify('lapsed', 300, 1);
select pg_temp.certify('lapsed yesterday', 300, 0, 'another course'), pg_temp.certify('lapsed yesterday', 300, 0);
select pg_temp.certify('paused and lapsed', 300, 2);
select pg_temp.certify('pardoned', 1, -30);
select pg_temp.certify('pardoned', 400, 4);
select is((pg_temp.night(5) ->> 'missed_nights')::integer, 4, 'missed nights are counted');
select is(pg_temp.log('lapsed'), array[
  'active>expired_cert v1 by scheduler - from day -11', 'expired_cert>active v2 by scheduler - from day 1'],
  'a renewal closes the record, dated by the renewal');
select is(pg_temp.log('lapsed yesterday'), array[
  'active>expired_cert v1 by scheduler - from day 0', 'expired_cert>active v2 by scheduler - from day 0'], 'never before the expiry');
select is((pg_temp.log('paused and lapsed'))[3], 'expired_cert>paused v3 by scheduler - from day 2', 'back to paused if a pause is under it');
select is(pg_temp.log('pardoned'), array[
  'active>expired_cert v1 by scheduler - from day 2', 'expired_cert>active v2 by scheduler - from day 4'],
  'what came and went in missed nights is in the log');
select is(pg_temp.log('lapses today'), array['active>expired_cert v1 by scheduler - from day 1'], 'a late run dates by the facts');
select is(pg_temp.reminders('paused'), array[
  'return_due return_in_7_days day 7 to coordinator', 'return_due return_in_7_days day 7 to mentor'], 'once per reference date');
select is((select array_agg(distinct r.status) from public.pause_records r where r.mentor_id = pg_temp.id('lapsed')), array['active'],
  'a mentor who renewed is not stuck');

-- Reminders come again for another date only.

select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''paused''), ''Sykdom'', pg_temp.today() + 14, 1)');
select pg_temp.night(day) from unnest(array[6, 7, 8, 14, 20, 21, 22]) day;
select is(pg_temp.reminders('paused'), array[
  'return_due return_in_7_days day 7 to coordinator', 'return_due return_in_7_days day 7 to mentor',
  'return_due return_in_7_days day 14 to coordinator', 'return_due return_in_7_days day 14 to mentor',
  'return_due return_today day 14 to coordinator', 'return_due return_today day 14 to mentor',
  'return_overdue return_7_days_ago day 14 to coordinator', 'return_overdue return_7_days_ago day 14 to mentor'],
  'a new return date: 7 days before, on the day, 7 days after');

-- A leap day, reached by the calendar alone: one so far ahead that by then everybody
-- else's certification is over.
create temporary table leap as
select d::date as day
from generate_series(pg_temp.today() + 502, pg_temp.today() + interval '12 years', '1 day') d
where to_char(d, 'MM-DD') = '02-29'
order by d limit 1;
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select pg_temp.id('leap year'), 'course', pg_temp.today() - 30, leap.day from leap;
select is((public.nightly_preview(leap.day, false, 'mentors', null, 1000) ->> 'expired')::integer
    - (public.nightly_preview(leap.day - 1, false, 'mentors', null, 1000) ->> 'expired')::integer, 0, 'the leap day is valid') from leap;
select is(c.effective_on, (to_char(leap.day, 'YYYY') || '-03-01')::date, 'and the day after is not')
from leap, private.due_changes(array[pg_temp.id('leap year')], leap.day - 1, leap.day + 2) c;

-- A dry run writes nothing.

create temporary table before_preview as select pg_temp.written() as all_of_it, (select count(*) from public.nightly_runs) as runs;
select is((public.nightly_preview(pg_temp.today() + 401, true, 'mentors', null, 1000) ->> 'expired')::integer, 6, 'a dry run of a far date says what would happen');
select results_eq('select pg_temp.written(), (select count(*) from public.nightly_runs)', 'select * from before_preview', 'and changes nothing');
select is(public.nightly_preview(pg_temp.today(), false, 'mentors', null, 1000) ->> 'outcome', 'skipped', 'before the newest completed date it is skipped too');

-- Leases. The clock is moved, by the owner.

create temporary table starts (name text, run jsonb);
create function pg_temp.start(name text, days integer, holder uuid default gen_random_uuid()) returns text
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + days, false, holder);
begin
  insert into starts values (name, run);
  return coalesce(run ->> 'outcome', 'begun');
end
$$;
create function pg_temp.step(start text) returns text
language sql as $$
  select public.nightly_step((s.run ->> 'run_id')::bigint, (s.run ->> 'fencing_token')::bigint, 1000) ->> 'outcome' from starts s where s.name = start
$$;
create function pg_temp.run_of(start text) returns bigint language sql as $$ select (s.run ->> 'run_id')::bigint from starts s where s.name = start $$;

select is(pg_temp.start('first', 30, pg_temp.id('holder')), 'begun', 'a start takes the lease');
select is(pg_temp.start('again', 30, pg_temp.id('holder')), 'begun', 'its repetition gets the same one');
select is(pg_temp.run_of('again'), pg_temp.run_of('first'), 'of the same run');
select is(pg_temp.start('second', 30), 'skipped', 'a second start is skipped');
select is(pg_temp.start('later date', 31), 'skipped', 'whatever its date');
update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null;
select is(pg_temp.start('earlier date', 29), 'skipped', 'status never goes back in time');
select is(pg_temp.start('heir', 30), 'begun', 'when the lease has run out, the next start takes over');
select is(pg_temp.run_of('heir'), pg_temp.run_of('first'), 'the same run');
select throws_ok($$ select pg_temp.step('first') $$, '55000', null, 'who was thought dead is refused');
select is(public.nightly_stop(pg_temp.run_of('first'), (select (run ->> 'fencing_token')::bigint from starts where name = 'first')) ->> 'outcome', null,
  'and can''t stop it');
select is(public.nightly_stop(pg_temp.run_of('heir'), (select (run ->> 'fencing_token')::bigint from starts where name = 'heir')) ->> 'outcome', 'partial',
  'the one who has the lease can');
select is(pg_temp.start('third', 30), 'begun', 'the next start goes on');
select is(pg_temp.run_of('third'), pg_temp.run_of('first'), 'in the same run');
select is(pg_temp.step('third'), 'completed', 'to its end');
select throws_ok($$ select pg_temp.step('third') $$, '55000', null, 'after which there is no more to do');
select is((select starts from public.nightly_runs where id = pg_temp.run_of('first')), 3, 'the ledger counts the starts');

select pg_temp.start('dies', 33);
update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null;
select is(pg_temp.start('next night', 34), 'begun', 'a later date does what a dead run left');
select is((select outcome from public.nightly_runs where id = pg_temp.run_of('dies')), 'partial', 'which is partial for good');
select is((select missed_nights from public.nightly_runs where id = pg_temp.run_of('next night')), 3, 'and counts as missed');
-- What came in with the triggers off: nobody was marked, no date says it.

update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null;
insert into public.certification_kinds (code) values ('smuggled in');
alter table public.certifications disable trigger user;
select pg_temp.certify('valid', 20, kind => 'smuggled in');
alter table public.certifications enable trigger user;
alter table public.pause_records disable trigger user;
update public.pause_records set status = 'paused', paused_at = now() where mentor_id = pg_temp.id('lapses today') and status = 'expired_cert';
alter table public.pause_records enable trigger user;
create temporary table smuggled as select pg_temp.night(35) as run;
select is((select run ->> 'discrepancies' from smuggled), '1', 'a stored status that the log does not know is reported');
select is((select format('%s, %s', run ->> 'roster_repaired', run ->> 'counts_repaired') from smuggled), '2, 1',
  'an entry, a place and counts that do not know these facts are counted by themselves');
select is((pg_temp.log('valid'))[1], 'active>expired_cert v1 by scheduler - from day 21', 'a certification that nobody told of is found');
select is((pg_temp.log('lapses today'))[2:], array[
  'expired_cert>paused v1 by reconciler - from day 1', 'paused>expired_cert v2 by scheduler - from day 1'],
  'first the log is made to tell what the table said, then the facts have their way');
select is(pg_temp.night(36) ->> 'discrepancies', '0', 'and all is well');

-- Answers are kept for as long as they are promised, and go however many chunks it takes.
delete from private.idempotent_requests;
insert into private.idempotent_requests (caller_id, request_id, fingerprint, response, created_at)
select gen_random_uuid(), gen_random_uuid(), '', to_jsonb(age::text), clock_timestamp() - age
from unnest(array['71 hours 59 minutes', '72 hours 1 minute', '73 hours', '80 hours', '1 year', '2 years']::interval[]) age;
select pg_temp.night(37, 2);
select is(array(select i.response #>> '{}' from private.idempotent_requests i), array['71:59:00'],
  'the night removes the answers that are older than promised, and no other');

-- Who is marked by a change of a record: whom no date would bring up.

select pg_temp.add_mentor(name, 'oslo') from unnest(array['returns in 8 days', 'returns in 7 days', 'open', 'changed by hand']) name;
delete from private.nightly_pending;
create function pg_temp.marked() returns text[]
language sql stable as $$ select array(select pg_temp.name_of(p.mentor_id) from private.nightly_pending p order by 1) $$;
select pg_temp.answer('coordinator', format('public.pause_mentor(pg_temp.id(%L), ''Ferie'', pg_temp.today() + %s)', name, days))
from (values ('returns in 8 days', '8'), ('open', 'null::integer')) m (name, days);
select is(pg_temp.marked(), '{}', 'a pause whose return is 8 days ahead, or open, marks nobody');
select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''returns in 7 days''), ''Ferie'', pg_temp.today() + 7)');
select is(pg_temp.marked(), array['returns in 7 days'], 'one whose return is within the 7 days before which a reminder is due marks the mentor');
delete from private.nightly_pending;
select pg_temp.answer('coordinator', 'public.reactivate_mentor(pg_temp.id(''returns in 7 days''))');
select is(pg_temp.marked(), '{}', 'ending it does not');
insert into public.pause_records (mentor_id, status) values (pg_temp.id('changed by hand'), 'paused');
select is(pg_temp.marked(), array['changed by hand'], 'a record that a hand inserts marks its mentor');
delete from private.nightly_pending;
update public.pause_records set pause_reason = 'Annet' where mentor_id = pg_temp.id('changed by hand');
select is(pg_temp.marked(), array['changed by hand'], 'and one that a hand changes');

select throws_ok('delete from public.nightly_runs', '23001', null, 'the ledger is kept');

select * from finish();
rollback;
