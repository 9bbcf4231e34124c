-- The zone in the settings decides. A function sends its own along, and no RPC that
-- judges a date works while the two differ.
begin;
\ir _fixtures.psql

select plan(46);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor('mentor', 'oslo');

create temporary table calls (actor text, call text);
insert into calls values
  ('coordinator', $$public.pause_mentor(pg_temp.id('mentor'), 'Ferie')$$),
  ('coordinator', $$public.reactivate_mentor(pg_temp.id('mentor'))$$),
  ('coordinator', 'public.coordinator_roster()'),
  ('coordinator', $$public.mentor_status_on(pg_temp.id('mentor'), pg_temp.today())$$),
  ('owner', $$public.nightly_preview(pg_temp.today(), false, null, null, 10)$$),
  ('owner', $$public.nightly_begin(pg_temp.today(), false, gen_random_uuid(), null)$$),
  ('owner', 'public.claim_notifications()');
grant select on calls to public;

-- And every other one that takes a day.
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_chapter('empty');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.certify('mentor', 1000, kind => 'kurs');
create temporary table dated (actor text, call text);
insert into dated values
  ('coordinator', $$public.plan_pause(pg_temp.id('mentor'), 'Ferie', current_date + 30)$$),
  ('coordinator', $$public.pause_mentors(array[pg_temp.id('mentor')], 'Ferie', current_date + 30)$$),
  ('mentor', $$public.request_leave('pause', starts_on => current_date + 30)$$),
  ('office', $$public.register_person('Ny Person', pg_temp.id('oslo'), 'coordinator', started_on => '2026-01-01')$$),
  ('office', $$public.start_membership(pg_temp.id('mentor'), pg_temp.id('oslo'), 'coordinator', '2026-01-01')$$),
  ('office', (select format($$public.end_membership(%L, '2035-01-01')$$, m.id) from public.chapter_memberships m where m.user_id = pg_temp.id('mentor'))),
  ('office', (select format($$public.end_membership(%L, '2035-01-01')$$, m.id) from public.chapter_memberships m where m.user_id = pg_temp.id('administrator'))),
  ('office', $$public.close_chapter(pg_temp.id('oslo'), '2035-01-01')$$),
  ('office', $$public.close_chapter(pg_temp.id('empty'), '2035-01-01')$$),
  ('office', $$public.start_membership(pg_temp.id('administrator'), pg_temp.id('empty'), 'administrator', '2026-01-01')$$),
  ('office', $$public.register_certification(pg_temp.id('mentor'), 'kurs', '2026-01-01')$$),
  ('office', (select format($$public.revoke_certification(%L, current_date)$$, c.id) from public.certifications c where c.mentor_id = pg_temp.id('mentor'))),
  ('office', $$public.period_report('2024-01-01', '2024-12-31')$$),
  ('office', $$public.issue_period_report('2024-01-01', '2024-12-31')$$),
  ('office', $$public.report_evidence(pg_temp.id('mentor'), '2024-01-01', '2024-12-31')$$);
select is_empty(
  $$ select p.proname from pg_proc p
     where p.pronamespace = 'public'::regnamespace and 'date'::regtype = any (p.proargtypes)
       and (has_function_privilege('authenticated', p.oid, 'execute') or has_function_privilege('pause_scheduler', p.oid, 'execute'))
       and not exists (select from (table calls union all table dated) c where c.call like 'public.' || p.proname || '(%') $$,
  'each RPC that takes a day is called here');

-- Another name in the settings, the same name in other letters, and none.
set local mentorpause.time_zone = 'Arctic/Longyearbyen';
select throws_ok(
  format('select pg_temp.answer(%L, %L)', c.actor, c.call), '55000',
  'ORGANISATION_TIME_ZONE is Arctic/Longyearbyen, but the database''s time zone is Europe/Oslo',
  'another zone, though with the same days: ' || c.call)
from (table calls union all table dated) c;
select pg_temp.sign_out();
select is_empty($$ select from public.pause_records r where r.mentor_id = pg_temp.id('mentor') $$, 'and nothing was written');

set local mentorpause.time_zone = 'EUROPE/oslo';
select lives_ok(format('select pg_temp.answer(%L, %L)', c.actor, c.call), 'the same zone in other letters: ' || c.call)
from calls c where c.call !~ 'nightly_begin';
set local mentorpause.time_zone = '';
select lives_ok(format('select pg_temp.answer(%L, %L)', c.actor, c.call), 'no zone, as by supabase.rpc: ' || c.call)
from calls c where c.call !~ 'pause_mentor|reactivate';

-- What the settings say is what counts, even where the date there is another one.
update private.settings set time_zone = pg_temp.zone(hours_left => 2);
create temporary table west as select private.today() as today, pg_temp.answer('coordinator', 'public.coordinator_roster()') ->> 'as_of' as as_of;
update private.settings set time_zone = pg_temp.zone(hours_left => 0);
select is((select w.as_of from west w), (select w.today::text from west w), 'the roster''s date is that of the settings');
select is(pg_temp.answer('coordinator', 'public.coordinator_roster()') ->> 'as_of', (select (w.today + 1)::text from west w),
  'which is the next one where that day has begun');
select is(private.date_of(now()), (select w.today + 1 from west w), 'also for what is stored');
select is((public.claim_notifications() ->> 'today')::date, (select w.today + 1 from west w), 'and for what is told');
select set_config('mentorpause.time_zone', lower(pg_temp.zone(hours_left => 0)), true);
select is(private.today(), (select w.today + 1 from west w), 'and for a function that says the same');
set local mentorpause.time_zone = 'Etc/GMT-14';
select throws_ok('select private.today()', '55000', null, 'but not for one that says the next zone');
select throws_ok('select private.date_of(now())', '55000', null, 'nor for the date of a moment');

-- East of Oslo the first day of all began too early to be stored, and in the west the last one ends too late.
reset mentorpause.time_zone;
update private.settings set time_zone = 'Etc/GMT-14';
select pg_temp.refuses('office', $$public.register_person('Ny Person', pg_temp.id('empty'), 'coordinator', started_on => '1900-01-01')$$,
  'invalid_request', 400, 'what began before the tables do is refused', 'started_on');
select lives_ok($$select pg_temp.answer('office', $q$public.register_person('Ny Person', pg_temp.id('empty'), 'coordinator', started_on => '1900-01-02')$q$)$$,
  'and the next day is taken');
update private.settings set time_zone = 'Etc/GMT+12';
select pg_temp.refuses('office', (select format($$public.revoke_certification(%L, '9999-12-31')$$, c.id) from public.certifications c where c.mentor_id = pg_temp.id('mentor')),
  'invalid_request', 400, 'what ends after the tables do is refused', 'last_valid_on');
select lives_ok($$select private.judged_day('last_valid_on', '9999-12-30')$$, 'and the day before is taken');

select * from finish();
rollback;
