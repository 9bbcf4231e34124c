-- A pause that is planned: entered, changed and taken back; a pause for every reader from
-- its first day on; begun once, by whoever comes first, in the name of whoever planned it;
-- ended by itself where it can't begin.
begin;
\ir _fixtures.psql

select plan(107);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_mentor(name, 'oslo')
from unnest(array['nils', 'kari', 'ola', 'liv', 'per', 'eva', 'due', 'expired', 'overtaken', 'leaver', 'returner', 'gone']) name;
select pg_temp.certify(m.name, 400)
from unnest(array['nils', 'kari', 'ola', 'liv', 'per', 'eva', 'due', 'overtaken', 'leaver', 'returner', 'gone']) m (name);
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
values (pg_temp.id('expired'), 'basic course', pg_temp.today() - 700, pg_temp.today() - 3);
select private.apply_changes(array[pg_temp.id('expired')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');

create function pg_temp.plan(mentor text, days int, back int default null, actor text default 'coordinator', reason text default 'Reise') returns jsonb
language sql as $$
  select pg_temp.answer(actor, format('public.plan_pause(%L, %L, %L, %L)', pg_temp.id(mentor), reason, pg_temp.today() + days,
    pg_temp.today() + back)) -> 'planned_pause'
$$;
create function pg_temp.planned(mentor text) returns text
language sql as $$
  select concat_ws(' ', q.pause_reason, q.starts_on - pg_temp.today(), q.expected_return_date - pg_temp.today(), 'v' || q.version, 'by ' || pg_temp.name_of(q.coordinator_id))
  from public.planned_pauses q where q.mentor_id = pg_temp.id(mentor)
$$;
create function pg_temp.plan_id(mentor text) returns uuid
language sql as $$ select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id(mentor) $$;
create function pg_temp.told(mentor text) returns text[]
language sql as $$
  select array(
    select format('%s to %s', n.kind, n.audience) from public.notifications n where n.mentor_id = pg_temp.id(mentor)
    order by n.created_at, n.kind, n.audience)
$$;
create function pg_temp.shown(mentor text, actor text default 'coordinator') returns jsonb
language sql as $$
  select m from jsonb_array_elements(pg_temp.answer(actor, 'public.coordinator_roster(page_limit => 200)') -> 'mentors') m
  where m ->> 'mentor_id' = pg_temp.id(mentor)::text
$$;
create function pg_temp.numbers(actor text default 'coordinator') returns text
language sql as $$
  select concat_ws(' ', s ->> 'active', s ->> 'paused', s ->> 'expired_cert', s ->> 'open_ended', s ->> 'returning')
  from (select pg_temp.answer(actor, 'public.coordinator_roster(page_limit => 1)') -> 'summary' as s) r
$$;
create function pg_temp.found(status text, actor text default 'coordinator') returns text
language sql as $$
  select string_agg(m ->> 'display_name', ' ' order by m ->> 'display_name')
  from jsonb_array_elements(pg_temp.answer(actor, format('public.coordinator_roster(status => %L, page_limit => 200)', array[status])) -> 'mentors') m
$$;
-- The plan's day comes: it was made long ago, and its first day is today, or was some days ago.
create function pg_temp.make_due(mentor text, days int default 0) returns void
language plpgsql as $$
begin
  alter table public.planned_pauses disable trigger planned_pauses_guard;
  update public.planned_pauses q
  set starts_on = pg_temp.today() + days, created_at = now() - interval '60 days' where q.mentor_id = pg_temp.id(mentor);
  alter table public.planned_pauses enable trigger planned_pauses_guard;
end
$$;

-- Planning.
select is(pg_temp.plan('nils', 30, 60) - 'id', jsonb_build_object('mentor_id', pg_temp.id('nils'), 'starts_on', pg_temp.today() + 30,
  'pause_reason', 'Reise', 'expected_return_date', pg_temp.today() + 60, 'coordinator_id', pg_temp.id('coordinator'), 'version', 1),
  'a plan is answered');
select is(pg_temp.told('nils'), array['pause_planned to coordinator', 'pause_planned to mentor'], 'mentor and coordinator are told');
select is(pg_temp.records('nils'), '{}', 'and no record is made');
select is(pg_temp.shown('nils') -> 'planned_pause', jsonb_build_object('id', pg_temp.plan_id('nils'), 'starts_on', pg_temp.today() + 30,
  'expected_return_date', pg_temp.today() + 60), 'the roster shows the plan');
select is(pg_temp.shown('nils') ->> 'status', 'active', 'beside the status, which is active');
select is(pg_temp.numbers(), '11 0 1 0 0', 'and nobody is counted as paused');
select ok(not pg_temp.shown('nils') -> 'planned_pause' ? 'pause_reason', 'no reason stands in a list');
select is(array(
    select pg_temp.answer('coordinator', format('to_jsonb(public.mentor_status_on(%L, %L))', pg_temp.id('nils'), pg_temp.today() + d)) #>> '{}'
    from unnest(array[0, 29, 30, 200]) d),
  array['active', 'active', 'paused', 'paused'], 'on later days it is known that the plan begins');

select pg_temp.refuses('coordinator', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('nils'), pg_temp.today() + 9), 'already_exists', 409,
  'a second plan', 'planned_pause');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('kari')));
select pg_temp.refuses('coordinator', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('kari'), pg_temp.today() + 9), 'already_paused', 409,
  'planning during a pause');
select pg_temp.refuses('coordinator', format('public.plan_pause(%L, %L, %s, %s)', pg_temp.id('ola'), c.reason, c.starts_on, c.back),
  'invalid_request', 400, c.what, c.details)
from (values
  ('Ferie', 'null', 'null', 'no first day', 'starts_on'),
  ('Ferie', 'pg_temp.today()', 'null', 'today', 'starts_on'),
  ('Ferie', '(pg_temp.today() + interval ''1 year'')::date + 1', 'null', 'more than a year ahead', 'starts_on'),
  ('Ferie', 'pg_temp.today() + 9', 'pg_temp.today() + 9', 'back on the first day', 'expected_return_date'),
  ('Ferie', 'pg_temp.today() + 9', '(pg_temp.today() + interval ''3 years'')::date + 1', 'back in more than three years', 'expected_return_date'),
  (' ', 'pg_temp.today() + 9', 'null', 'a blank reason', 'pause_reason')
) c (reason, starts_on, back, what, details);
select pg_temp.refuses('bergen coordinator', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('ola'), pg_temp.today() + 9),
  'mentor_not_found', 404, 'of another chapter');
select pg_temp.refuses('ola', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('ola'), pg_temp.today() + 9),
  'not_a_coordinator', 403, 'by the mentor');
select is(pg_temp.plan('ola', 366 - case when extract(day from pg_temp.today() + interval '1 year') <> extract(day from pg_temp.today()) then 2
    else 366 - ((pg_temp.today() + interval '1 year')::date - pg_temp.today()) end) ->> 'version', '1', 'a year ahead is the most');

-- Changing it.
select is(pg_temp.answer('colleague', format('public.amend_planned_pause(%L, ''{"pause_reason": "Permisjon"}'')', pg_temp.plan_id('nils')))
  #>> '{planned_pause,version}', '2', 'another reason');
select is(pg_temp.planned('nils'), 'Permisjon 30 60 v2 by colleague', 'leaves the days, and is the colleague''s now');
select is(cardinality(pg_temp.told('nils')), 2, 'nobody is told of a reason');
select pg_temp.answer('coordinator', format('public.amend_planned_pause(%L, %L, 2)', pg_temp.plan_id('nils'),
  jsonb_build_object('starts_on', pg_temp.today() + 40)));
select is(pg_temp.planned('nils'), 'Permisjon 40 60 v3 by coordinator', 'another first day');
select is(cardinality(pg_temp.told('nils')), 4, 'is told');
select is(pg_temp.shown('nils') #>> '{planned_pause,starts_on}', (pg_temp.today() + 40)::text, 'and shown');
select pg_temp.answer('coordinator', format('public.amend_planned_pause(%L, ''{"expected_return_date": null}'')', pg_temp.plan_id('nils')));
select is(pg_temp.planned('nils'), 'Permisjon 40 v4 by coordinator', 'null takes the return date away');
select pg_temp.refuses('coordinator', format('public.amend_planned_pause(%L, ''{"pause_reason": "a"}'', 3)', pg_temp.plan_id('nils')),
  'version_conflict', 409, 'another version is a conflict', '4');
select pg_temp.refuses('coordinator', format('public.amend_planned_pause(%L, %L)', pg_temp.plan_id('nils'), c.changes), 'invalid_request', 400,
  'changes: ' || c.changes, c.details)
from (values
  ('{}', 'changes'), ('[]', 'changes'), ('{"version": "1"}', 'changes'), ('{"starts_on": null}', 'changes'), ('{"pause_reason": null}', 'changes'),
  ('{"starts_on": ""}', 'starts_on'), ('{"starts_on": "2020-01-01"}', 'starts_on'), ('{"expected_return_date": ""}', 'expected_return_date'),
  ('{"expected_return_date": "2020-01-01"}', 'expected_return_date'), ('{"pause_reason": " "}', 'pause_reason')
) c (changes, details);
select pg_temp.refuses('bergen coordinator', format('public.amend_planned_pause(%L, ''{"pause_reason": "a"}'')', pg_temp.plan_id('nils')),
  'not_found', 404, 'another chapter''s plan is as if absent');
select pg_temp.refuses('bergen coordinator', format('public.cancel_planned_pause(%L)', pg_temp.plan_id('nils')), 'not_found', 404, 'for taking back too');
select pg_temp.refuses('coordinator', 'public.cancel_planned_pause(gen_random_uuid())', 'not_found', 404, 'one that isn''t there');
select pg_temp.refuses('nils', format('public.cancel_planned_pause(%L)', pg_temp.plan_id('nils')), 'not_a_coordinator', 403, 'the mentor');

-- Taking it back.
create temporary table cancelled as select pg_temp.plan_id('nils') as id,
  pg_temp.answer('coordinator', format('public.cancel_planned_pause(%L, %L)', pg_temp.plan_id('nils'), pg_temp.id('key'))) as answer;
select is((select c.answer #>> '{planned_pause,version}' from cancelled c), '4', 'it is answered as it was');
select is(pg_temp.planned('nils'), null, 'and is no more');
select is((pg_temp.told('nils'))[7:], array['pause_cancelled to coordinator', 'pause_cancelled to mentor'], 'mentor and coordinator are told');
select is(pg_temp.shown('nils') -> 'planned_pause', 'null', 'the roster shows none');
select is(pg_temp.answer('coordinator', format('public.cancel_planned_pause(%L, %L)', c.id, pg_temp.id('key'))), c.answer,
  'the same request again gets the first answer') from cancelled c;
select pg_temp.refuses('coordinator', format('public.cancel_planned_pause(%L)', c.id), 'not_found', 404, 'another one finds nothing') from cancelled c;
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- On its first day it is a pause for every reader, before anything has begun it.
select pg_temp.plan('due', 5, 7), pg_temp.plan('expired', 5);
select pg_temp.make_due(name) from unnest(array['due', 'expired']) name;
select is(pg_temp.numbers(), '9 2 1 1 1', 'it is counted');
select is(pg_temp.found('paused'), 'due kari', 'found as paused');
select ok(position('due' in pg_temp.found('active')) = 0, 'and not as active');
select is(pg_temp.found('expired_cert'), 'expired', 'an expired certification still comes first');
select is(pg_temp.shown('due') - '{mentor_id,display_name,chapters,coordinators,certification_expires_on,certification_kind,certification_state}'::text[],
  jsonb_build_object('status', 'paused', 'pause_record_id', null, 'version', null, 'pause_reason', 'Reise',
    'paused_at', to_jsonb((pg_temp.today()::timestamp at time zone 'Europe/Oslo') at time zone 'UTC') #>> '{}' || '+00:00',
    'expected_return_date', pg_temp.today() + 7, 'return_overdue', false, 'planned_pause', null, 'open_request', null),
  'the roster shows the pause from the first moment of the day, without a record');
select is(pg_temp.shown('expired') ->> 'pause_reason', 'Reise', 'under an expiry too');
select isnt(pg_temp.shown('expired') ->> 'version', null, 'whose record is there');
select is(pg_temp.answer('coordinator', format('to_jsonb(public.mentor_status_on(%L, %L))', pg_temp.id('due'), pg_temp.today())), '"paused"', 'the status says so');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- An RPC that comes first begins it.
create temporary table begun as select pg_temp.plan_id('due') as id;
select pg_temp.refuses('colleague', format('public.cancel_planned_pause(%L)', b.id), 'already_paused', 409, 'it can''t be taken back any more') from begun b;
select pg_temp.answer('colleague', format('public.amend_pause(%L, ''{"pause_reason": "Ferie"}'')', pg_temp.id('due')));
select is(pg_temp.log('due'), array['active>paused v1 by coordinator coordinator from day 0', 'paused>paused v2 by coordinator colleague from day 0'],
  'it begins as who planned it, and is changed as who changes it');
select is((select r.paused_at from public.pause_records r where r.mentor_id = pg_temp.id('due')), pg_temp.today()::timestamp at time zone 'Europe/Oslo',
  'at the first moment of its day');
select is((pg_temp.told('due'))[3:], array['mentor_paused to coordinator', 'mentor_paused to mentor'], 'mentor and coordinator are told of the pause');
select pg_temp.refuses('colleague', format('public.amend_planned_pause(%L, ''{"pause_reason": "a"}'')', b.id), 'already_paused', 409,
  'the plan''s id leads to the pause while that runs') from begun b;
select is(pg_temp.numbers(), '9 2 1 1 1', 'the counts are as they were');
select is(pg_temp.shown('due') ->> 'version', '2', 'the roster shows the record now');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');
select pg_temp.answer('colleague', format('public.reactivate_mentor(%L)', pg_temp.id('due')));
select pg_temp.refuses('colleague', format('public.cancel_planned_pause(%L)', b.id), 'not_found', 404, 'and to nothing when it is over') from begun b;
select is(pg_temp.numbers(), '10 1 1 1 0', 'after the return the mentor counts as active');
select is(pg_temp.shown('due') ->> 'status', 'active', 'and is shown so');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- The nightly run begins it, under an expired certification too.
select is((select a.begun from private.apply_changes(array[pg_temp.id('expired'), pg_temp.id('nils')], pg_temp.today() - 1, pg_temp.today(), 'scheduler') a), 1,
  'the run begins what is due');
select is((pg_temp.log('expired'))[2:], array['expired_cert>expired_cert v2 by coordinator coordinator from day 0'], 'under the expiry');
select is(pg_temp.records('expired'), array['expired_cert v2 with pause'], 'whose record it joins');
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
values (pg_temp.id('expired'), 'basic course', pg_temp.today(), pg_temp.today() + 700);
select private.apply_changes(array[pg_temp.id('expired')], pg_temp.today() - 1, pg_temp.today(), 'scheduler');
select is(pg_temp.records('expired'), array['paused v3 with pause'], 'and which it outlives');

-- Days late, in the order of the dates; on one day the certification first.
select pg_temp.plan('per', 9), pg_temp.plan('eva', 9);
select pg_temp.make_due('per', -3), pg_temp.make_due('eva', -5);
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values
  (pg_temp.id('per'), 'first aid', pg_temp.today() - 700, pg_temp.today() - 4),
  (pg_temp.id('eva'), 'first aid', pg_temp.today() - 700, pg_temp.today() - 4);
select private.apply_changes(array[pg_temp.id('per'), pg_temp.id('eva')], pg_temp.today() - 9, pg_temp.today(), 'scheduler');
select is(pg_temp.log('per'), array['active>expired_cert v1 by scheduler - from day -3', 'expired_cert>expired_cert v2 by coordinator coordinator from day -3'],
  'on one day the certification comes first');
select is(pg_temp.log('eva'), array['active>paused v1 by coordinator coordinator from day -5', 'paused>expired_cert v2 by scheduler - from day -3'],
  'otherwise the earlier date');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- A real pause that is begun earlier leaves the plan, and ends it when it still runs on its first day.
select pg_temp.plan('overtaken', 9);
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('overtaken')));
select isnt(pg_temp.planned('overtaken'), null, 'the plan stays');
select is(pg_temp.shown('overtaken') #>> '{planned_pause,starts_on}', (pg_temp.today() + 9)::text, 'and is shown');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');
create temporary table before as select pg_temp.numbers() as numbers;
-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();
alter table public.pause_records disable trigger user;
update public.pause_records set paused_at = now() - interval '20 days', created_at = now() - interval '20 days' where mentor_id = pg_temp.id('overtaken');
alter table public.pause_records enable trigger user;
select pg_temp.make_due('overtaken');
select is(pg_temp.numbers(), (select b.numbers from before b), 'on the plan''s day one pause is counted');
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('overtaken')));
select is(pg_temp.planned('overtaken'), null, 'the plan has ended');
select is((pg_temp.told('overtaken'))[5:6], array['pause_cancelled to coordinator', 'pause_cancelled to mentor'], 'and says so');
select is(pg_temp.shown('overtaken') ->> 'status', 'active', 'the mentor who returned is active');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- One that ends before that day leaves everything as it was planned.
select pg_temp.plan('due', 20, 27);
create function pg_temp.ahead(days int) returns text
language sql as $$
  select concat_ws(' ', s ->> 'active', s ->> 'paused', s ->> 'open_ended', s ->> 'returning')
  from private.roster_summary(array[pg_temp.id('oslo')], pg_temp.today() + days) s
$$;
create temporary table planned_numbers as select d, pg_temp.ahead(d) as numbers from generate_series(0, 30) d;
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('due')));
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'during the other pause the read model is what the tables say');
select is((select n.numbers from planned_numbers n where n.d = 19) = pg_temp.ahead(19), false, 'which counts');
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('due')));
select isnt(pg_temp.planned('due'), null, 'after the return the plan is there');
select results_eq('select d, pg_temp.ahead(d) from generate_series(0, 30) d', 'select d, numbers from planned_numbers order by d',
  'and counts from its day on, as before');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- Whoever leaves every chapter is planned nothing any more, even if they return.
select pg_temp.plan('leaver', 9), pg_temp.plan('returner', 9);
update public.planned_pauses set created_at = now() - interval '30 days' where mentor_id in (pg_temp.id('leaver'), pg_temp.id('returner'));
update public.chapter_memberships set ended_at = (pg_temp.today() - 5)::timestamp at time zone 'Europe/Oslo'
where user_id in (pg_temp.id('leaver'), pg_temp.id('returner'));
insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
values (pg_temp.id('oslo'), pg_temp.id('returner'), 'mentor', (pg_temp.today() - 2)::timestamp at time zone 'Europe/Oslo');
select is(pg_temp.shown('returner') -> 'planned_pause', 'null', 'whoever returns has no plan');
select is(pg_temp.answer('coordinator', format('to_jsonb(public.mentor_status_on(%L, %L))', pg_temp.id('returner'), pg_temp.today() + 9)), '"active"', 'on no later day');
select private.apply_changes(array[pg_temp.id('leaver'), pg_temp.id('returner')], pg_temp.today() - 1, pg_temp.today(), 'scheduler');
select is(pg_temp.planned('leaver') || pg_temp.planned('returner'), null, 'the run removes them');
select is((pg_temp.told('returner'))[3:], array['pause_cancelled to coordinator', 'pause_cancelled to mentor'], 'and says so');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- A last day that is known ahead may still be put off, so a pause can be planned from a day
-- behind it. If it is not put off, the plan ends with it.
select pg_temp.add_mentor('ending', 'oslo');
select pg_temp.certify('ending', 400);
update public.chapter_memberships set ended_at = pg_temp.midnight(5) where user_id = pg_temp.id('ending');
select is(pg_temp.plan('ending', 9) ->> 'starts_on', (pg_temp.today() + 9)::text, 'planned from a day behind the last one');
select is(
  array(select pg_temp.answer('coordinator', format('to_jsonb(public.mentor_status_on(%L, %L))', pg_temp.id('ending'), pg_temp.today() + d)) #>> '{}'
    from unnest(array[4, 5, 9]) d),
  array['active', 'not_a_mentor', 'not_a_mentor'], 'who is no mentor then is not paused');
select private.apply_changes(array[pg_temp.id('ending')], pg_temp.today(), pg_temp.today() + 4, 'scheduler');
select isnt(pg_temp.planned('ending'), null, 'the plan stays through the last day');
select private.apply_changes(array[pg_temp.id('ending')], pg_temp.today() + 4, pg_temp.today() + 5, 'scheduler');
select is(pg_temp.planned('ending'), null, 'and ends with it');
select is((pg_temp.told('ending'))[3:], array['pause_cancelled to coordinator', 'pause_cancelled to mentor'], 'which is said');
select is_empty(format('select from public.pause_records where mentor_id = %L', pg_temp.id('ending')), 'no pause was begun');

-- Erasure.
select pg_temp.plan('gone', 9);
select private.erase_people(array[pg_temp.id('gone')], pg_temp.id('coordinator'), false);
select is(pg_temp.planned('gone'), null, 'of an erased person no plan is left');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

-- By hand.
select throws_ok(format('insert into public.planned_pauses (mentor_id, starts_on) values (%L, %L)', pg_temp.id('liv'), pg_temp.today()),
  '23514', null, 'a plan lies ahead, whoever enters it');
select throws_ok(format('insert into public.planned_pauses (mentor_id, starts_on) values (%L, %L)', pg_temp.id('gone'), pg_temp.today() + 9),
  '23001', null, 'and is not about an erased person');
insert into public.planned_pauses (mentor_id, starts_on) values (pg_temp.id('liv'), pg_temp.today() + 9);
select is(pg_temp.shown('liv') #>> '{planned_pause,starts_on}', (pg_temp.today() + 9)::text, 'the roster follows a hand too');
delete from public.planned_pauses where mentor_id = pg_temp.id('liv');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

select * from finish();
rollback;
