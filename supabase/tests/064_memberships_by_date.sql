-- Memberships by dates: whoever begins or leaves on a day to come is right on that day,
-- before any nightly run; a new chapter sees nothing of what was before; and the
-- organisation's administrators, who have all chapters without a row for each.
begin;
\ir _fixtures.psql

select plan(55);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.add_coordinator('oslo coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('oslo administrator'), pg_temp.join_chapter('oslo administrator', 'administrator', 'oslo');

create function pg_temp.stay(name text, chapter text, first_day integer, last_day integer, role text default 'mentor') returns void
language sql as $$
  insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
  values (pg_temp.id(chapter), pg_temp.id(name), role, pg_temp.midnight(first_day), pg_temp.midnight(last_day + 1))
$$;
-- Who is listed in a chapter on a day, and how many of what are counted.
create function pg_temp.listed(chapter text, day integer) returns text[]
language sql as $$
  select array(
    select pg_temp.name_of(m) from private.merged_entries(array[pg_temp.id(chapter)], pg_temp.today() + day, null, null, 100) e
    cross join unnest(e.shown) with ordinality s (m, nth) order by s.nth)
$$;
create function pg_temp.counted(chapter text, day integer) returns text
language sql as $$
  select concat_ws(' ', s ->> 'total', s ->> 'active', s ->> 'paused', s ->> 'expired_cert')
  from private.roster_summary(array[pg_temp.id(chapter)], pg_temp.today() + day) s
$$;
create function pg_temp.night(days integer) returns text
language plpgsql as $$
declare
  run jsonb;
begin
  perform set_config('role', 'pause_scheduler', true);
  run := public.nightly_begin(pg_temp.today() + days, false, gen_random_uuid());
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 1000);
  end loop;
  perform pg_temp.sign_out();
  return concat_ws(' ', run ->> 'outcome', run ->> 'ended', run ->> 'expired', run ->> 'roster_repaired', run ->> 'counts_repaired');
end
$$;
grant pause_scheduler to postgres;

-- A first day ahead.

select pg_temp.add_person('ahead'), pg_temp.stay('ahead', 'oslo', 2, null);
select is(pg_temp.listed('oslo', 0), '{}', 'before the first day nobody is listed');
select is(pg_temp.listed('oslo', 1), '{}', 'nor on the day before it');
select is(pg_temp.listed('oslo', 2), '{ahead}', 'from that day on the mentor is');
select is(array[pg_temp.counted('oslo', 1), pg_temp.counted('oslo', 2)], array['0 0 0 0', '1 1 0 0'], 'and counted');
select is(pg_temp.answer('oslo coordinator', 'public.coordinator_roster() -> ''mentors'''), '[]', 'the page of today is without');
select pg_temp.refuses('oslo coordinator', $$public.pause_mentor(pg_temp.id('ahead'), 'Ferie')$$, 'mentor_not_found', 404, 'nobody may pause who is no mentor yet');
select is(pg_temp.answer('oslo coordinator', $$public.mentor_status_on(pg_temp.id('ahead'), pg_temp.today() + 3)$$), null, 'nor ask for the status');
select is(pg_temp.answer('ahead', $$public.mentor_status_on(pg_temp.id('ahead'), pg_temp.today() + 1)$$), '"not_a_mentor"',
  'who asks for their own is told: not yet');
select is(pg_temp.answer('ahead', $$public.mentor_status_on(pg_temp.id('ahead'), pg_temp.today() + 2)$$), '"active"', 'and on the first day');

-- A known last day, and one that is taken back.

select pg_temp.add_person('leaves'), pg_temp.stay('leaves', 'oslo', -400, 2);
select pg_temp.certify('leaves', 0);
select is(array[pg_temp.counted('oslo', 0), pg_temp.counted('oslo', 1), pg_temp.counted('oslo', 2), pg_temp.counted('oslo', 3)],
  array['1 1 0 0', '1 0 0 1', '2 1 0 1', '1 1 0 0'], 'counted through the last day, with the expiry before it');
select is(pg_temp.listed('oslo', 2), '{ahead,leaves}', 'listed on the last day');
select is(pg_temp.listed('oslo', 3), '{ahead}', 'and no more on the next');
update public.chapter_memberships set ended_at = null where user_id = pg_temp.id('leaves');
select is(pg_temp.listed('oslo', 3), '{ahead,leaves}', 'unless the end is taken back');
update public.chapter_memberships set ended_at = pg_temp.midnight(3) where user_id = pg_temp.id('leaves');
select is(pg_temp.answer('oslo coordinator', $$public.pause_mentor(pg_temp.id('leaves'), 'Ferie', pg_temp.today() + 90) -> 'pause_record' -> 'status'$$), '"paused"',
  'whoever leaves later can still be paused');
select is(array[pg_temp.counted('oslo', 0), pg_temp.counted('oslo', 1), pg_temp.counted('oslo', 2), pg_temp.counted('oslo', 3)],
  array['1 0 1 0', '1 0 0 1', '2 1 0 1', '1 1 0 0'], 'and is counted as paused as long as they are there');
select is(pg_temp.night(0), 'completed 0 0 0 0', 'nothing is due today');
select is(pg_temp.night(2), 'completed 0 1 0 0', 'on the last day the certification has expired');
select is(pg_temp.night(3), 'completed 1 0 0 0', 'the day after, one membership has ended');
select is(pg_temp.log('leaves'), array[
  'active>paused v1 by coordinator oslo coordinator from day 0',
  'paused>expired_cert v2 by scheduler - from day 1',
  'expired_cert>active v3 by system - from day 3'], 'and with it the record, on that day');
select ok(not exists (select from public.notifications n where n.mentor_id = pg_temp.id('leaves') and n.kind in ('mentor_reactivated', 'certification_restored')),
  'nobody is told that they are back');
select is((select r.expected_return_date - pg_temp.today() from public.pause_records r where r.mentor_id = pg_temp.id('leaves')), 90, 'the date that was expected stays in the record');
select is(pg_temp.answer('leaves', $$public.mentor_status_on(pg_temp.id('leaves'), pg_temp.today())$$), '"paused"', 'on the days before, the status stays what it was');
select is(pg_temp.answer('leaves', $$public.mentor_status_on(pg_temp.id('leaves'), pg_temp.today() + 2)$$), '"expired_cert"', 'through the last one');
select is(pg_temp.answer('leaves', $$public.mentor_status_on(pg_temp.id('leaves'), pg_temp.today() + 3)$$), '"not_a_mentor"', 'after which there is none');
select is(pg_temp.night(3), 'completed 0 0 0 0', 'the same night again finds nothing');

-- Coordinators who come and go.

select pg_temp.add_mentor('kari', 'bergen', 'Kari');
select pg_temp.add_person('substitute', 'Vikar'), pg_temp.stay('substitute', 'bergen', -10, 1, 'coordinator');
select pg_temp.assign('kari', 'substitute'), pg_temp.assign('kari', 'bergen coordinator');
create function pg_temp.responsible(mentor text, day integer) returns text
language sql as $$
  select string_agg(c ->> 'display_name', ', ') from private.roster_entries e
  cross join jsonb_array_elements(e.coordinators) c
  where e.mentor_id = pg_temp.id(mentor) and e.from_on <= pg_temp.today() + day and e.until_on > pg_temp.today() + day
$$;
select is(array[pg_temp.responsible('kari', 0), pg_temp.responsible('kari', 1), pg_temp.responsible('kari', 2)],
  array['bergen coordinator, Vikar', 'bergen coordinator, Vikar', 'bergen coordinator'], 'a substitute is responsible through the last day');
select is(pg_temp.answer('substitute', 'public.coordinator_roster() -> ''summary'' -> ''total'''), '1', 'with the rights of one');
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('substitute');
select pg_temp.refuses('substitute', 'public.coordinator_roster()', 'not_a_coordinator', 403, 'which end at that moment');
select is(pg_temp.responsible('kari', 0), 'bergen coordinator', 'on the day itself nobody is shown who has left');

-- From one chapter to another: what was before is not the new chapter's.

select pg_temp.add_person('moves', 'Mona'), pg_temp.stay('moves', 'oslo', -300, -1), pg_temp.stay('moves', 'bergen', 0, null);
insert into public.pause_records (mentor_id, status, pause_reason, paused_at, reactivated_at)
values (pg_temp.id('moves'), 'active', 'Sykdom i familien', pg_temp.midnight(-90), pg_temp.midnight(-60));
create function pg_temp.seen(actor text, what text) returns integer
language plpgsql as $$
declare
  n integer;
begin
  perform pg_temp.become(actor);
  execute format('select count(*) from %s where mentor_id = pg_temp.id(%L)', what, 'moves') into n;
  perform pg_temp.sign_out();
  return n;
end
$$;
-- Written down late, by the days of the membership after it: the new chapter does not see it.
insert into public.pause_records (id, mentor_id, status, pause_reason, paused_at, effective_on)
values (pg_temp.id('late'), pg_temp.id('moves'), 'paused', 'Familien igjen', pg_temp.midnight(-30), pg_temp.today() - 30);
update public.pause_records set status = 'active', reactivated_at = pg_temp.midnight(-20), effective_on = pg_temp.today() - 20 where id = pg_temp.id('late');
select is(
  array[pg_temp.seen('moves', 'public.pause_status_log'), pg_temp.seen('bergen coordinator', 'public.pause_records'),
    pg_temp.seen('bergen coordinator', 'public.pause_status_log'),
    (pg_temp.answer('bergen coordinator', $$jsonb_array_length(public.mentor_page(pg_temp.id('moves')) -> 'timeline')$$))::integer],
  array[3, 0, 0, 0], 'what was before is not the new chapter''s, however late it was written down');
-- As old as the pause that it tells of.
alter table public.pause_status_log disable trigger user;
update public.pause_status_log set occurred_at = pg_temp.midnight(-60) where mentor_id = pg_temp.id('moves');
alter table public.pause_status_log enable trigger user;
select is(array[pg_temp.seen('moves', 'public.pause_records'), pg_temp.seen('moves', 'public.pause_status_log')], array[2, 3], 'the mentor sees the own history');
select is(array[pg_temp.seen('bergen coordinator', 'public.pause_records'), pg_temp.seen('bergen coordinator', 'public.pause_status_log')], array[0, 0],
  'the new chapter sees nothing of what was before');
select is(array[pg_temp.seen('oslo coordinator', 'public.pause_records'), pg_temp.seen('oslo coordinator', 'public.pause_status_log')], array[0, 0],
  'and the old one nothing any more');
select is(pg_temp.answer('bergen coordinator', $$public.mentor_status_on(pg_temp.id('moves'), pg_temp.today() - 70)$$), null, 'no status of a day before the first');
select is(pg_temp.answer('bergen coordinator', $$public.mentor_status_on(pg_temp.id('moves'), pg_temp.today())$$), '"active"', 'but from the first day on');
select is(pg_temp.answer('moves', $$public.mentor_status_on(pg_temp.id('moves'), pg_temp.today() - 70)$$), '"paused"', 'the mentor is told of every day');
select is(pg_temp.answer('bergen coordinator', $$public.pause_mentor(pg_temp.id('moves'), 'Eksamen') -> 'pause_record' -> 'version'$$), '4', 'a pause in the new chapter goes on with the versions');
select is(array[pg_temp.seen('bergen coordinator', 'public.pause_records'), pg_temp.seen('bergen coordinator', 'public.pause_status_log')], array[1, 1],
  'and is seen there, alone');
-- Paused while moving, without a day in between: the pause goes along.
select pg_temp.add_mentor('takes it along', 'oslo');
select pg_temp.answer('oslo coordinator', $$public.pause_mentor(pg_temp.id('takes it along'), 'Permisjon')$$);
update public.chapter_memberships set ended_at = pg_temp.midnight(0) where user_id = pg_temp.id('takes it along');
select pg_temp.stay('takes it along', 'bergen', 0, null);
select is(
  (select m ->> 'pause_reason' from jsonb_array_elements(pg_temp.answer('bergen coordinator', 'public.coordinator_roster() -> ''mentors''')) m
   where m ->> 'mentor_id' = pg_temp.id('takes it along')::text), 'Permisjon', 'a pause that goes on is shown whole');
select is(pg_temp.counted('bergen', 0), '3 1 2 0', 'and counted');
-- With a day in between it is over, though no night has said so.
select pg_temp.add_mentor('comes back', 'oslo');
select pg_temp.answer('oslo coordinator', $$public.pause_mentor(pg_temp.id('comes back'), 'Permisjon')$$);
update public.chapter_memberships set ended_at = pg_temp.midnight(1) where user_id = pg_temp.id('comes back');
select pg_temp.stay('comes back', 'bergen', 5, null);
select is(array[pg_temp.counted('bergen', 4), pg_temp.counted('bergen', 5)], array['3 1 2 0', '4 2 2 0'], 'whoever returns after a day of none is not away');

-- Organisation administrators.

select pg_temp.add_person('national office'), pg_temp.appoint('national office');
select pg_temp.add_person('next office');
insert into public.organisation_administrators (user_id, started_at) values (pg_temp.id('next office'), pg_temp.midnight(1));
select is(pg_temp.answer('national office', 'public.coordinator_roster() -> ''summary'' -> ''total'''), '5', 'all chapters are counted');
select is(
  pg_temp.answer('national office', 'public.coordinator_roster() -> ''summary'''),
  private.roster_summary(array(select c.id from public.chapters c), pg_temp.today()), 'as their sum is');
select is(
  array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('national office', 'public.coordinator_roster() -> ''mentors''')) m),
  array['comes back', 'Kari', 'leaves', 'Mona', 'takes it along'], 'and listed in order');
select is(
  array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('national office',
    'public.coordinator_roster(page_limit => 2, page_cursor => public.coordinator_roster(page_limit => 2) ->> ''next_cursor'') -> ''mentors''')) m),
  array['leaves', 'Mona'], 'page by page');
select is(
  array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('national office', 'public.coordinator_roster(status => ''{paused}'') -> ''mentors''')) m),
  array['comes back', 'Mona', 'takes it along'], 'by status');
select is(
  array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('national office', 'public.coordinator_roster(search => ''ari'') -> ''mentors''')) m),
  array['Kari'], 'and by name');
select is(pg_temp.answer('national office', $$public.coordinator_roster(pg_temp.id('oslo')) -> 'summary' -> 'total'$$), '2', 'one chapter is one chapter');
select pg_temp.add_chapter('a later one');
select pg_temp.add_mentor('nils', 'a later one');
select is(pg_temp.answer('national office', $$public.coordinator_roster(pg_temp.id('a later one')) -> 'summary' -> 'total'$$), '1', 'also a chapter made later');
select pg_temp.refuses('national office', 'public.coordinator_roster(gen_random_uuid())', 'chapter_not_found', 404, 'but not one that isn''t');
select is(pg_temp.answer('national office', $$public.pause_mentor(pg_temp.id('nils'), 'Ferie') -> 'pause_record' -> 'status'$$), '"paused"', 'they pause anybody''s mentor');
select pg_temp.refuses('next office', 'public.coordinator_roster()', 'not_a_coordinator', 403, 'an appointment ahead gives no right yet');
select is(
  array(select pg_temp.name_of(r.recipient_id) || ': ' || r.chosen_because
    from public.notifications n cross join lateral private.recipients_of(array[n.id]) r
    where n.mentor_id = pg_temp.id('nils') and n.audience = 'coordinator' and n.kind = 'mentor_paused'),
  array['national office: no administrator of the mentor''s chapters is active'], 'and are told where nobody else is');
update public.organisation_administrators set ended_at = now() where user_id = pg_temp.id('national office');
select pg_temp.refuses('national office', 'public.coordinator_roster()', 'not_a_coordinator', 403, 'until they are dismissed');

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
