-- Kinds of certification in the judgement: successors, required kinds, and what was saved
-- of them on which day. The roster shows it at once, and the nightly run dates it.
begin;
\ir _fixtures.psql

select plan(41);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['holder', 'lacker', 'renewed', 'successor only', 'old again', 'chain']) name;

insert into public.certification_kinds (code, name_nb, name_nn, name_en) values
  ('old', 'Gammelt kurs', 'Gamalt kurs', 'Old course'), ('new', 'Nytt kurs', 'Nytt kurs', 'New course'),
  ('newest', 'Nyeste kurs', 'Nyaste kurs', 'Newest course'), ('police', 'Attest', 'Attest', 'Certificate');

-- A mentor's row in short.
create function pg_temp.row_of(mentor text) returns text
language sql as $$
  select format('%s %s %s until %s', m ->> 'status', m ->> 'certification_state', coalesce(m ->> 'certification_kind', '-'),
    coalesce(((m ->> 'certification_expires_on')::date - pg_temp.today())::text, '-'))
  from jsonb_array_elements(pg_temp.answer('coordinator', 'public.coordinator_roster() -> ''mentors''')) m
  where m ->> 'mentor_id' = pg_temp.id(mentor)::text
$$;
create function pg_temp.status_on(mentor text, day integer) returns text
language sql as $$
  select pg_temp.answer('coordinator', format('public.mentor_status_on(%L, pg_temp.today() + %s)', pg_temp.id(mentor), day)) #>> '{}'
$$;
create function pg_temp.night(day integer) returns void
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + day, false, gen_random_uuid());
begin
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 100);
  end loop;
end
$$;
-- As if it had been saved so many days ago.
create function pg_temp.was_saved(code text, day integer) returns void
language sql as $$
  with saved as (
    delete from private.certification_kind_versions v where v.code = was_saved.code and v.from_day = pg_temp.today() returning v.*
  )
  insert into private.certification_kind_versions (code, from_day, is_required, replaced_by)
  select s.code, pg_temp.today() + was_saved.day, s.is_required, s.replaced_by from saved s;
  select private.refresh_roster(array(select p.id from pg_temp.people p));
$$;
-- Nothing in the read model differs from what the tables say.
create function pg_temp.differences() returns setof text
language sql as $$ select d.kind from private.find_roster_differences(array(select p.id from pg_temp.people p)) d $$;

-- Successors.

select pg_temp.certify('holder', 300, -100, 'old');
select pg_temp.certify('renewed', -10, -400, 'old'), pg_temp.certify('renewed', 200, -20, 'new');
select pg_temp.certify('successor only', -10, -400, 'new');
select pg_temp.certify('old again', -10, -400, 'new'), pg_temp.certify('old again', 200, -20, 'old');
select pg_temp.certify('chain', -10, -400, 'old'), pg_temp.certify('chain', 30, -9, 'new'), pg_temp.certify('chain', 60, 31, 'newest');
select is(pg_temp.row_of('renewed'), 'expired_cert expired old until -10', 'a kind that nothing replaces is judged by itself');
select pg_temp.night(0);
select is(pg_temp.log('renewed'), array['active>expired_cert v1 by scheduler - from day -9'], 'and has expired');

update public.certification_kinds set replaced_by = 'new' where code = 'old';
select is(pg_temp.row_of('renewed'), 'active valid new until 200', 'a successor renews the old one, and is shown');
select is(pg_temp.row_of('old again'), 'expired_cert expired new until -10', 'the old one never counts for its successor');
select is(pg_temp.row_of('successor only'), 'expired_cert expired new until -10', 'nor is it asked for where the successor is held');
select is(pg_temp.row_of('chain'), 'active expiring new until 30', 'without a further successor the chain ends');
select is(pg_temp.status_on('renewed', -1), 'expired_cert', 'days before keep what was saved then');
select is(pg_temp.status_on('renewed', 0), 'active', 'what is saved counts from its day on');
select is_empty('select * from pg_temp.differences()', 'the roster and its counts are right at once');
select pg_temp.night(1);
select is(pg_temp.log('renewed'), array['active>expired_cert v1 by scheduler - from day -9', 'expired_cert>active v2 by scheduler - from day 0'],
  'the nightly run restores the mentor as of the day of the save');

update public.certification_kinds set replaced_by = 'newest' where code = 'new';
select is(pg_temp.row_of('chain'), 'active valid new until 60', 'a chain without a gap counts as one, however many links, across successors');
select is(pg_temp.status_on('chain', 60), 'active', 'through its last day');
select is(pg_temp.status_on('chain', 61), 'expired_cert', 'and no longer');
select throws_ok($$ update public.certification_kinds set replaced_by = 'old' where code = 'newest' $$, '23514', null, 'no kind replaces itself in the end');

-- Several saves on one day: the last counts.

update public.certification_kinds set replaced_by = null where code = 'old';
select is(pg_temp.row_of('renewed'), 'expired_cert expired old until -10', 'without its successor the old one has expired again');
update public.certification_kinds set replaced_by = 'newest' where code = 'old';
select is(pg_temp.row_of('renewed'), 'expired_cert expired old until -10', 'what replaces it instead has to be held');
update public.certification_kinds set replaced_by = 'new' where code = 'old';
select is(pg_temp.row_of('renewed'), 'active valid new until 200', 'of several saves on one day the last one counts');
select is(
  (select count(*) from private.certification_kind_periods p where p.code = 'old'), 2::bigint, 'for the whole day');
select is_empty('select * from pg_temp.differences()', 'and the roster is as it');

-- A kind becomes required today.

select pg_temp.certify(name, 100, -20, 'police') from unnest(array['renewed', 'successor only', 'old again', 'chain']) name;
select pg_temp.certify('holder', 400, 5, 'police');
select is(pg_temp.row_of('lacker'), 'active none - until -', 'no certification at all is not expired');
create temporary table before as select pg_temp.answer('coordinator', 'public.coordinator_roster() -> ''summary''') as s;
update public.certification_kinds set is_required = true where code = 'police';
select is(pg_temp.row_of('lacker'), 'expired_cert expired police until -', 'but to lack a required kind equals an expired one');
select is(pg_temp.row_of('holder'), 'expired_cert expired police until -', 'also for who gets it later');
select is(pg_temp.row_of('chain'), 'active valid new until 60', 'not for who holds it');
select is(
  (select ((pg_temp.summary ->> 'expired_cert')::integer - (b.s ->> 'expired_cert')::integer)
   from pg_temp.answer('coordinator', 'public.coordinator_roster() -> ''summary''') as pg_temp(summary), before b), 2,
  'everybody who lacks it is counted');
select is(pg_temp.status_on('lacker', -1) || ' ' || pg_temp.status_on('lacker', 0), 'active expired_cert', 'from today on');
select is(pg_temp.status_on('holder', 4) || ' ' || pg_temp.status_on('holder', 5), 'expired_cert active', 'until it begins');
select is_empty('select * from pg_temp.differences()', 'the roster and its counts are right at once');
select pg_temp.night(2);
select is(pg_temp.log('lacker'), array['active>expired_cert v1 by scheduler - from day 0'], 'and the nightly run dates it so');
select is(
  (select l.certification_kind from public.pause_status_log l where l.mentor_id = pg_temp.id('lacker')), 'police', 'and names the kind');
select pg_temp.refuses('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('lacker')), 'certification_expired', 409,
  'nobody is reactivated who lacks it');

-- Who joins later is dated by the membership.

select pg_temp.was_saved('police', -50);
select is(pg_temp.status_on('lacker', -51) || ' ' || pg_temp.status_on('lacker', -50), 'active expired_cert',
  'a kind that was required before counts from the day on which it was saved');
select pg_temp.add_person('newcomer'), pg_temp.add_person('planned');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
  (pg_temp.id('oslo'), pg_temp.id('newcomer'), 'mentor', (pg_temp.today() - 3)::timestamp at time zone 'Europe/Oslo'),
  (pg_temp.id('oslo'), pg_temp.id('planned'), 'mentor', (pg_temp.today() + 3)::timestamp at time zone 'Europe/Oslo');
select pg_temp.night(3);
select is(pg_temp.log('newcomer'), array['active>expired_cert v1 by scheduler - from day -3'], 'who joins later has lacked it since then');
select is(pg_temp.log('planned'), array['active>expired_cert v1 by scheduler - from day 3'], 'and from the first day of a planned membership');
select is(
  array(select format('%s %s %s', e.from_on - pg_temp.today(), e.certified_until - pg_temp.today(), e.certification_kind)
    from private.roster_entries e where e.mentor_id = pg_temp.id('planned')),
  array['3 2 police'], 'on which the roster shows it');
select is(
  (select s ->> 'expired_cert' from private.roster_summary(array[pg_temp.id('oslo')], pg_temp.today() + 3) t (s)),
  ((select s ->> 'expired_cert' from private.roster_summary(array[pg_temp.id('oslo')], pg_temp.today() + 2) t (s))::integer + 1)::text,
  'and counts it');

-- What ends on the same day, and what is taken back.

select pg_temp.add_mentor('tie', 'oslo');
select pg_temp.certify('tie', 40, -20, 'police'), pg_temp.certify('tie', 40, -20, 'old'), pg_temp.certify('tie', 40, -20, 'new');
select is(pg_temp.row_of('tie'), 'active valid new until 40', 'of those that end on one day the successor is shown');
update public.certification_kinds set is_required = false where code = 'police';
select is(pg_temp.row_of('lacker'), 'active none - until -', 'a kind that is not required any more is not missing');
select is_empty('select * from pg_temp.differences()', 'the roster and its counts are right at once');
insert into public.certification_kinds (code, is_required) values ('first aid', true);
select is(pg_temp.row_of('chain') || ', ' || pg_temp.row_of('lacker'),
  'expired_cert expired first aid until -, expired_cert expired first aid until -', 'a kind that begins as required is missing on all days');
delete from public.certification_kinds where code = 'first aid';
select is(pg_temp.row_of('chain') || ', ' || pg_temp.row_of('lacker'), 'active valid new until 60, active none - until -',
  'and nowhere once it is removed');

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
