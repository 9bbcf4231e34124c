-- The status on a date, past or future, and who is told.
begin;
\ir _fixtures.psql

select plan(42);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('former coordinator');
select pg_temp.join_chapter('former coordinator', 'coordinator', 'oslo', now() - interval '1 day');
select pg_temp.add_mentor('other mentor', 'oslo');
select pg_temp.add_person('former mentor');
select pg_temp.join_chapter('former mentor', 'mentor', 'oslo', now() - interval '1 day');

create function pg_temp.status_on(actor text, mentor text, day integer) returns text
language sql as $$
  select pg_temp.answer(actor, format('public.mentor_status_on(pg_temp.id(%L), pg_temp.today() + %L::integer)', mentor, day)) #>> '{}'
$$;

-- Certified from day -100 to -21 and from -10 to 20; away from -60 to -40, and from -5 on.

-- A mentor for 2,001 days.

select pg_temp.add_mentor('mentor', 'oslo');
update public.chapter_memberships set started_at = pg_temp.midnight(-2001) where user_id = pg_temp.id('mentor');
select pg_temp.certify('mentor', -21, -100);
select pg_temp.certify('mentor', 20, -10);
insert into public.pause_records (mentor_id, status, paused_at, reactivated_at)
values (pg_temp.id('mentor'), 'active', pg_temp.midnight(-60), pg_temp.midnight(-39) - interval '1 second');
insert into public.pause_records (mentor_id, status, paused_at)
values (pg_temp.id('mentor'), 'paused', pg_temp.midnight(-4) - interval '1 second');

select is(pg_temp.status_on('coordinator', 'mentor', day), status, format('day %s: %s, %s', day, status, why))
from (values
  (-2000, 'active', 'before anything is known'),
  (-101, 'active', 'before the first certification'),
  (-61, 'active', 'the day before the pause'),
  (-60, 'paused', 'the day of the pause, which began with it'),
  (-50, 'paused', 'in the pause'),
  (-41, 'paused', 'the day before the return'),
  (-40, 'active', 'the day of the return, which ended with it'),
  (-21, 'active', 'the last valid day'),
  (-20, 'expired_cert', 'the day after'),
  (-11, 'expired_cert', 'the day before the renewal'),
  (-10, 'active', 'the day of the renewal'),
  (-6, 'active', 'the day before the second pause'),
  (-5, 'paused', 'the day of the second pause, which began before midnight'),
  (0, 'paused', 'today'),
  (20, 'paused', 'the last valid day to come'),
  (21, 'expired_cert', 'when it will have expired'),
  (2000, 'expired_cert', 'and stays so, as far as is known')
) d (day, status, why);

-- The day is the organisation's, wherever the session or the moment is.

select pg_temp.add_mentor('night owl', 'oslo');
insert into public.pause_records (mentor_id, status, paused_at) values (pg_temp.id('night owl'), 'paused', pg_temp.midnight(-3));
select is(array[pg_temp.status_on('coordinator', 'night owl', -4), pg_temp.status_on('coordinator', 'night owl', -3)], array['active', 'paused'],
  'a pause at midnight is of the day that begins');
set local timezone = 'America/Los_Angeles';
select is(array[pg_temp.status_on('coordinator', 'night owl', -4), pg_temp.status_on('coordinator', 'night owl', -3)], array['active', 'paused'],
  'also for a session in another time zone');
set local timezone = 'UTC';
update private.settings set time_zone = 'America/Los_Angeles';
select is(array[pg_temp.status_on('coordinator', 'night owl', -5), pg_temp.status_on('coordinator', 'night owl', -4)], array['active', 'paused'],
  'and in another zone where the settings say so');
update private.settings set time_zone = 'Europe/Oslo';

-- What an RPC does shows at once.

select pg_temp.add_mentor('kari', 'oslo');
select is(pg_temp.status_on('coordinator', 'kari', 0), 'active', 'who was never away is active');
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Ferie', pg_temp.today() + 3)$$);
select is(array[pg_temp.status_on('coordinator', 'kari', -1), pg_temp.status_on('coordinator', 'kari', 0)], array['active', 'paused'], 'a pause counts from today');
select is(pg_temp.status_on('coordinator', 'kari', 10), 'paused', 'an expected return is not a return');
select pg_temp.certify('kari', -2, -90);
select is(array[pg_temp.status_on('coordinator', 'kari', -2), pg_temp.status_on('coordinator', 'kari', -1), pg_temp.status_on('coordinator', 'kari', 0)],
  array['active', 'expired_cert', 'expired_cert'], 'an expiry counts from its day, though nothing has stored it');
select pg_temp.certify('kari', 90, 0);
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'))$$);
select is(array[pg_temp.status_on('coordinator', 'kari', -1), pg_temp.status_on('coordinator', 'kari', 0)], array['expired_cert', 'active'],
  'paused and back on the same day is active at its end');

-- Who is told.

select is(pg_temp.status_on(actor, mentor, 0), status, format('%s %s the status of %s', actor, case when status is null then 'is not told' else 'is told' end, mentor))
from (values
  ('mentor', 'mentor', 'paused'),
  ('coordinator', 'mentor', 'paused'),
  ('administrator', 'mentor', 'paused'),
  ('other mentor', 'mentor', null),
  ('bergen coordinator', 'mentor', null),
  ('former coordinator', 'mentor', null),
  ('nobody', 'mentor', null),
  ('former mentor', 'former mentor', 'not_a_mentor'),
  ('coordinator', 'former mentor', null),
  ('coordinator', 'administrator', null),
  ('coordinator', 'coordinator', 'not_a_mentor'),
  ('coordinator', 'nobody', null)
) v (actor, mentor, status);
select is(pg_temp.status_on('coordinator', 'mentor', null), null, 'without a date there is no answer');
select is(pg_temp.answer('coordinator', 'public.mentor_status_on(null, pg_temp.today())'), null, 'nor without a mentor');
select throws_ok(format('select pg_temp.status_on(%L, %L, 0)', actor, 'mentor'), '42501', null, actor || ' may not ask')
from unnest(array['anon', 'service_role']) actor;

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
