-- Nobody is forgotten: an overdue return is reminded of after 7 days and every 30 days
-- from then on, a pause without a return date every 90 days.
begin;
\ir _fixtures.psql

select plan(31);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['dated', 'open', 'expired', 'planned', 'by hand']) name;
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Reise'', %L)', pg_temp.id('dated'), pg_temp.today() + 5));
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Reise'')', pg_temp.id('open')));

create function pg_temp.due(mentor text, days int) returns text
language sql as $$
  select string_agg(concat_ws(' ', d.kind, d.reminder, d.reference_on - pg_temp.today()), ', ')
  from private.due_reminders(array[pg_temp.id(mentor)], pg_temp.today() + days) d
$$;
create function pg_temp.reason(mentor text, days int) returns boolean
language sql as $$
  select pg_temp.id(mentor) = any (private.nightly_candidates(pg_temp.today() + days - 1, pg_temp.today() + days, false, uuid '00000000-0000-0000-0000-000000000000', 100))
$$;
delete from private.nightly_pending;

select is(pg_temp.due('dated', days), due, format('%s days from now: the return was expected on the fifth', days))
from (values
  (11, 'return_due return_today 5'), (12, 'return_overdue return_7_days_ago 5'), (41, 'return_overdue return_7_days_ago 5'),
  (42, 'return_overdue return_37_days_ago 5'), (71, 'return_overdue return_37_days_ago 5'), (72, 'return_overdue return_67_days_ago 5'),
  (1000, 'return_overdue return_967_days_ago 5')) c (days, due);
select is(
  array(select d from generate_series(1, 200) d where pg_temp.reason('dated', d)), array[5, 12, 42, 72, 102, 132, 162, 192],
  'the run looks at the mentor on those days alone');
select is(pg_temp.due('open', days), due, format('%s days from now: there is no return date', days))
from (values
  (89, null), (90, 'pause_open_ended open_for_90_days 0'), (179, 'pause_open_ended open_for_90_days 0'),
  (180, 'pause_open_ended open_for_180_days 0'), (900, 'pause_open_ended open_for_900_days 0')) c (days, due);
select is(array(select d from generate_series(1, 400) d where pg_temp.reason('open', d)), array[90, 180, 270, 360],
  'the run looks at the mentor on those days alone');
select is(
  (select array_agg(d order by d) from generate_series(1, 400) d
   where private.with_nightly_reason(array[pg_temp.id(mentor)], pg_temp.today() + d - 1, pg_temp.today() + d) <> '{}'),
  (select array_agg(d order by d) from generate_series(1, 400) d where pg_temp.reason(mentor, d)),
  'which another function knows too: ' || mentor)
from unnest(array['dated', 'open']) mentor;

-- Once, to mentor and coordinator; after missed nights the latest alone.
select is(private.remind(array[pg_temp.id('open')], pg_temp.today() + 200), 1, 'after 200 days one reminder is due');
select is(private.remind(array[pg_temp.id('open')], pg_temp.today() + 269), 0, 'and no other one until the 270th');
select is(private.remind(array[pg_temp.id('open')], pg_temp.today() + 270), 1, 'which has its own');
select is((pg_temp.outbox('open'))[3:], array['pause_open_ended v to coordinator', 'pause_open_ended v to mentor',
  'pause_open_ended v to coordinator', 'pause_open_ended v to mentor'], 'mentor and coordinator are told');

-- Since when there is no date.
create function pg_temp.open_since(mentor text) returns int
language sql as $$ select r.open_since - pg_temp.today() from public.pause_records r where r.mentor_id = pg_temp.id(mentor) and r.status <> 'active' $$;
select is(pg_temp.open_since('dated'), null, 'not while there is one');
select pg_temp.answer('coordinator', format('public.amend_pause(%L, ''{"expected_return_date": null}'')', pg_temp.id('dated')));
select is(pg_temp.open_since('dated'), 0, 'from the day on which it was taken away');
select pg_temp.answer('coordinator', format('public.amend_pause(%L, %L)', pg_temp.id('open'), json_build_object('expected_return_date', pg_temp.today() + 9)));
select is(pg_temp.open_since('open'), null, 'until there is one');
select pg_temp.answer('coordinator', format('public.amend_pause(%L, ''{"expected_return_date": null}'')', pg_temp.id('open')));
select is(pg_temp.open_since('open'), 0, 'and again from then on');

insert into public.certifications (mentor_id, kind, issued_on, expires_on)
values (pg_temp.id('expired'), 'basic course', pg_temp.today() - 700, pg_temp.today() - 3);
select private.apply_changes(array[pg_temp.id('expired')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');
select is(pg_temp.open_since('expired'), null, 'an expiry is no pause');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Reise'')', pg_temp.id('expired')));
select is(pg_temp.open_since('expired'), 0, 'the pause under it is one');
select is(pg_temp.due('expired', 90), 'pause_open_ended open_for_90_days 0', 'and is reminded of');

select pg_temp.answer('coordinator', format('public.plan_pause(%L, ''Reise'', %L)', pg_temp.id('planned'), pg_temp.today() + 9));
alter table public.planned_pauses disable trigger planned_pauses_guard;
update public.planned_pauses set starts_on = pg_temp.today() - 4, created_at = now() - interval '30 days';
alter table public.planned_pauses enable trigger planned_pauses_guard;
select private.apply_changes(array[pg_temp.id('planned')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');
select is(pg_temp.open_since('planned'), -4, 'of a plan from its first day on');

insert into public.pause_records (mentor_id, status, paused_at) values (pg_temp.id('by hand'), 'paused', now() - interval '50 hours');
select is((select r.open_since from public.pause_records r where r.mentor_id = pg_temp.id('by hand')), private.date_of(now() - interval '50 hours'),
  'by hand from the day of the pause');
update public.pause_records set expected_return_date = pg_temp.today() + 3 where mentor_id = pg_temp.id('by hand');
select is(pg_temp.open_since('by hand'), null, 'until a date is set');

-- Another system takes a membership away instead of ending it.
select pg_temp.add_mentor('gone', 'oslo');
delete from private.nightly_pending;
delete from public.chapter_memberships where user_id = pg_temp.id('gone');
select ok(pg_temp.reason('gone', 1), 'whose membership was deleted is looked at by the next night');

select * from finish();
rollback;
