-- What mentors ask for: asking, answering and withdrawing; what takes effect at once; what
-- settles by itself; and that a mentor reaches nothing but requests.
begin;
\ir _fixtures.psql

select plan(246);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen', 'trust', 'faith']) name;
update public.chapters set requests_take_effect = true where id in (pg_temp.id('trust'), pg_temp.id('faith'));
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_coordinator('trusting', 'trust');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_person('bystander');
select pg_temp.add_mentor(name, 'oslo')
from unnest(array['nils', 'kari', 'ola', 'liv', 'per', 'eva', 'expired', 'both', 'asked', 'leaver', 'returner', 'gone', 'late', 'double']) name;
select pg_temp.add_mentor(name, 'trust') from unnest(array['free', 'planning', 'lapsed', 'doubly free']) name;
select pg_temp.join_chapter('both', 'mentor', 'trust');
select pg_temp.join_chapter('doubly free', 'mentor', 'faith');
select pg_temp.join_chapter('double', 'coordinator', 'oslo');
select pg_temp.certify(p.name, 400) from people p where p.name not in ('expired', 'lapsed');
select pg_temp.certify(p.name, -3) from people p where p.name in ('expired', 'lapsed');
select private.apply_changes(array[pg_temp.id('expired'), pg_temp.id('lapsed')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');

-- What is asked, in days from today.
create function pg_temp.asking(kind text, starts int default null, back int default null, reason text default null, key uuid default null) returns text
language sql as $$
  select format('public.request_leave(%L, %L, %L, %L, %L)', kind, reason, pg_temp.today() + starts, pg_temp.today() + back, key)
$$;
create function pg_temp.ask(mentor text, kind text, starts int default null, back int default null, reason text default null) returns jsonb
language sql as $$ select pg_temp.answer(mentor, pg_temp.asking(kind, starts, back, reason)) $$;
create function pg_temp.asked(mentor text) returns uuid
language sql as $$
  select l.id from public.leave_requests l where l.mentor_id = pg_temp.id(mentor) order by l.created_at desc, l.id limit 1
$$;
create function pg_temp.answering(id uuid, answer text, message text default null, version int default null, key uuid default null) returns text
language sql as $$ select format('public.answer_leave_request(%L, %L, %L, %L, %L)', id, answer, message, version, key) $$;
create function pg_temp.answers(actor text, mentor text, answer text, message text default null, version int default null) returns jsonb
language sql as $$ select pg_temp.answer(actor, pg_temp.answering(pg_temp.asked(mentor), answer, message, version)) $$;
create function pg_temp.requests(mentor text) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', l.kind, l.reason, l.starts_on - pg_temp.today(), l.expected_return_date - pg_temp.today(), l.state,
      'by ' || pg_temp.name_of(l.answered_by), l.message)
    from public.leave_requests l where l.mentor_id = pg_temp.id(mentor) order by l.created_at, l.id)
$$;
create function pg_temp.state(mentor text) returns text
language sql as $$ select l.state from public.leave_requests l where l.id = pg_temp.asked(mentor) $$;
create function pg_temp.told(mentor text, kinds text default 'leave%') returns text[]
language sql as $$
  select array(
    select format('%s to %s', n.kind, n.audience) from public.notifications n
    where n.mentor_id = pg_temp.id(mentor) and n.kind like kinds
    order by n.created_at, n.kind, n.audience)
$$;
create function pg_temp.paused(mentor text) returns text
language sql as $$
  select concat_ws(' ', r.status, r.pause_reason, r.expected_return_date - pg_temp.today(), 'by ' || pg_temp.name_of(r.coordinator_id))
  from public.pause_records r where r.mentor_id = pg_temp.id(mentor) and r.status in ('paused', 'expired_cert') and r.paused_at is not null
$$;
create function pg_temp.planned(mentor text) returns text
language sql as $$
  select concat_ws(' ', q.pause_reason, q.starts_on - pg_temp.today(), q.expected_return_date - pg_temp.today(), 'by ' || pg_temp.name_of(q.coordinator_id))
  from public.planned_pauses q where q.mentor_id = pg_temp.id(mentor)
$$;
create function pg_temp.listed(actor text, arguments text default '') returns text
language sql as $$
  select string_agg(concat_ws(' ', l ->> 'mentor_name', l ->> 'kind', l ->> 'state'), ', ' order by o)
  from jsonb_array_elements(pg_temp.answer(actor, 'public.leave_requests_page(' || arguments || ')') -> 'leave_requests') with ordinality r (l, o)
$$;
create function pg_temp.is_true(mentor text, kind text) returns boolean[]
language sql as $$
  select array_agg(f.is_true order by n.created_at)
  from public.notifications n cross join private.notification_facts(array[n.id], pg_temp.today()) f
  where n.mentor_id = pg_temp.id(mentor) and n.kind = is_true.kind
$$;

-- Asking.

create temporary table first_asked as select pg_temp.ask('nils', 'pause', 30, 60, '  Reise ') as answer;
select is((answer -> 'leave_request') - '{id,created_at}'::text[], jsonb_build_object('mentor_id', pg_temp.id('nils'), 'mentor_name', 'nils',
  'kind', 'pause', 'state', 'open', 'reason', 'Reise', 'starts_on', pg_temp.today() + 30, 'expected_return_date', pg_temp.today() + 60,
  'answered_by', null, 'answered_by_name', null, 'answered_at', null, 'message', null, 'pause_record_id', null, 'planned_pause_id', null),
  'a request is answered as it is stored') from first_asked;
select is((select array_agg(k order by k) from jsonb_object_keys(answer) k), array['leave_request'], 'and nothing beside it') from first_asked;
select is(pg_temp.told('nils', '%'), array['leave_requested to coordinator'], 'the coordinator is told, at once');
select is(pg_temp.is_true('nils', 'leave_requested'), array[true], 'which is true while it is open');
select is(array_append(pg_temp.records('nils'), pg_temp.planned('nils')), array[null], 'nothing else has changed');
select pg_temp.ask('kari', 'pause');
select is(pg_temp.requests('kari'), array['pause open'], 'no reason, no date');

select pg_temp.refuses('nils', pg_temp.asking('pause'), 'already_exists', 409, 'a second one of the kind', 'leave_request');
select pg_temp.refuses(c.who, pg_temp.asking(c.kind, c.starts, c.back, c.reason), 'invalid_request', 400, c.what, c.details)
from (values
  ('ola', null, null, null, null, 'no kind', 'kind'),
  ('ola', 'holiday', null, null, null, 'another kind', 'kind'),
  ('ola', 'pause', 0, null, null, 'from today', 'starts_on'),
  ('ola', 'pause', 367, null, null, 'more than a year ahead', 'starts_on'),
  ('ola', 'pause', 9, 9, null, 'back on the first day', 'expected_return_date'),
  ('ola', 'pause', null, 0, null, 'back today', 'expected_return_date'),
  ('ola', 'pause', null, 1200, null, 'back in more than three years', 'expected_return_date'),
  ('ola', 'pause', null, null, ' ', 'a blank reason', 'reason'),
  ('ola', 'pause', null, null, U&'\200b', 'a reason that nobody sees', 'reason'),
  ('ola', 'pause', null, null, repeat('å', 501), 'a long reason', 'reason'),
  ('ola', 'return', 9, null, null, 'a return with a first day', 'starts_on'),
  ('ola', 'return', null, 9, null, 'a return with a date', 'expected_return_date'),
  ('ola', 'change_return', 9, 20, null, 'another date with a first day', 'starts_on'),
  ('ola', 'change_return', null, 0, null, 'another date that has come', 'expected_return_date')
) c (who, kind, starts, back, reason, what, details);
select pg_temp.refuses(actor, pg_temp.asking('pause'), 'not_a_mentor', 403, actor || ' is no mentor')
from unnest(array['coordinator', 'office', 'bystander', 'nobody at all']) actor;
select pg_temp.refuses('ola', pg_temp.asking(kind), 'not_paused', 409, kind || ' while active') from unnest(array['change_return', 'return']) kind;
select pg_temp.refuses('ola', pg_temp.asking('pause', null, null, null, '0190a3c4-0000-7000-8000-000000000000'), 'request_expired', 409, 'a request of last year');
select is(pg_temp.requests('ola'), '{}', 'what is refused is not stored');
select pg_temp.answer('coordinator', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('ola'), pg_temp.today() + 40));
select pg_temp.refuses('ola', pg_temp.asking('pause', 20), 'already_exists', 409, 'a plan beside a plan', 'planned_pause');
select is(pg_temp.ask('ola', 'pause', null, 20) #>> '{leave_request,state}', 'open', 'but a pause before it');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', %L)', pg_temp.id('liv'), pg_temp.today() + 9));
select pg_temp.refuses('liv', pg_temp.asking('pause', starts), 'already_paused', 409, 'a pause during a pause, from ' || coalesce(starts::text, 'now'))
from (values (null), (20)) v (starts);
select pg_temp.refuses('liv', pg_temp.asking('change_return', null, 9), 'invalid_request', 400, 'the date that there is', 'expected_return_date');
select is(pg_temp.ask('liv', 'change_return', null, 30) #>> '{leave_request,state}', 'open', 'another date');
select is(pg_temp.ask('liv', 'return', null, null, 'Frisk') #>> '{leave_request,state}', 'open', 'and the return, beside each other');

-- The same request again.

create temporary table keyed as select pg_temp.answer('per', pg_temp.asking('pause', 9, 20, 'Eksamen', pg_temp.id('key'))) as answer;
select is(pg_temp.answer('per', pg_temp.asking('pause', 9, 20, 'Eksamen', pg_temp.id('key'))), answer, 'the same request again gets the first answer') from keyed;
select pg_temp.refuses('per', pg_temp.asking('pause', 9, 21, 'Eksamen', pg_temp.id('key')), 'idempotency_key_reused', 422, 'the key of another request');
select is(cardinality(pg_temp.requests('per')), 1, 'and is made once');

-- Answering: who may.

select pg_temp.refuses(actor, pg_temp.answering(pg_temp.asked('nils'), answer), code, status, format('%s says %s', actor, answer))
from (values
  ('nils', 'accept', 'not_a_coordinator', 403), ('nils', 'decline', 'not_a_coordinator', 403),
  ('kari', 'accept', 'not_a_coordinator', 403), ('kari', 'withdraw', 'not_found', 404),
  ('bystander', 'accept', 'not_a_coordinator', 403), ('bystander', 'withdraw', 'not_found', 404),
  ('bergen coordinator', 'accept', 'not_found', 404), ('bergen coordinator', 'decline', 'not_found', 404),
  ('coordinator', 'withdraw', 'not_found', 404), ('office', 'withdraw', 'not_found', 404)
) r (actor, answer, code, status);
select pg_temp.refuses('coordinator', pg_temp.answering(gen_random_uuid(), answer), 'not_found', 404, answer || ' of one that isn''t there')
from unnest(array['accept', 'decline', 'withdraw']) answer;
select pg_temp.refuses('coordinator', c.call, 'invalid_request', 400, c.call, c.details)
from (values
  ('public.answer_leave_request(null, ''accept'')', 'leave_request_id'),
  (pg_temp.answering(pg_temp.asked('nils'), null), 'answer'),
  (pg_temp.answering(pg_temp.asked('nils'), 'perhaps'), 'answer'),
  (pg_temp.answering(pg_temp.asked('nils'), 'decline', ' '), 'message'),
  (pg_temp.answering(pg_temp.asked('nils'), 'accept', repeat('a', 501)), 'message')
) c (call, details);
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw', 'Takk'), 'invalid_request', 400, 'a message with a withdrawal', 'message');
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw', null, 1), 'invalid_request', 400, 'a version with a withdrawal', 'expected_version');
select pg_temp.ask('double', 'pause');
select pg_temp.refuses('double', pg_temp.answering(pg_temp.asked('double'), 'accept'), 'not_a_coordinator', 403, 'nobody answers themself');

-- Declining, with a sentence.

select is((pg_temp.answers('colleague', 'kari', 'decline', ' Vi trenger deg. ') -> 'leave_request') - '{id,created_at,answered_at}'::text[],
  jsonb_build_object('mentor_id', pg_temp.id('kari'), 'mentor_name', 'kari', 'kind', 'pause', 'state', 'declined', 'reason', null, 'starts_on', null,
    'expected_return_date', null, 'answered_by', pg_temp.id('colleague'), 'answered_by_name', 'colleague', 'message', 'Vi trenger deg.',
    'pause_record_id', null, 'planned_pause_id', null), 'declined');
select is(pg_temp.told('kari'), array['leave_requested to coordinator', 'leave_answered to mentor'], 'the mentor is told');
select is(pg_temp.is_true('kari', 'leave_requested') || pg_temp.is_true('kari', 'leave_answered'), array[false, true], 'what was asked is old news');
select is(pg_temp.records('kari'), '{}', 'nothing else has changed');
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('kari'), answer), 'already_answered', 409, answer || ' of one that was declined')
from unnest(array['accept', 'decline']) answer;
select pg_temp.refuses('kari', pg_temp.answering(pg_temp.asked('kari'), 'withdraw'), 'already_answered', 409, 'the mentor too');
select is(pg_temp.ask('kari', 'pause', null, 12) #>> '{leave_request,state}', 'open', 'the mentor may ask again');

-- Accepting a pause: now, from a day, under an expired certification.

create temporary table accepted as select pg_temp.answer('coordinator', pg_temp.answering(pg_temp.asked('kari'), 'accept', null, null, pg_temp.id('key 2'))) as answer, pg_temp.asked('kari') as id;
select is(pg_temp.paused('kari'), 'paused 12 by coordinator', 'the pause has begun, without a reason');
select is(answer #>> '{pause_record,id}', pg_temp.live_id('kari')::text, 'and is answered beside the request') from accepted;
select is(answer #>> '{leave_request,pause_record_id}', answer #>> '{pause_record,id}', 'which names it') from accepted;
select is(pg_temp.log('kari'), array['active>paused v1 by coordinator coordinator from day 0'], 'as whoever accepted');
select is((pg_temp.told('kari', '%'))[3:], array['leave_requested to coordinator', 'mentor_paused to coordinator', 'mentor_paused to mentor',
  'leave_answered to mentor'], 'both are told of the pause, and the mentor of the answer');
select is(pg_temp.answer('coordinator', pg_temp.answering(id, 'accept', null, null, pg_temp.id('key 2'))), answer, 'the same answer again gets the first one') from accepted;
select pg_temp.refuses('colleague', pg_temp.answering(pg_temp.asked('kari'), 'decline'), 'already_answered', 409, 'another coordinator is too late');
select pg_temp.refuses('kari', pg_temp.answering(pg_temp.asked('kari'), 'withdraw'), 'already_answered', 409, 'a pause that has begun is not withdrawn');

create temporary table planned_by as select pg_temp.answers('coordinator', 'nils', 'accept', 'God tur!') as answer;
select is(answer - 'leave_request', jsonb_build_object('planned_pause', jsonb_build_object(
  'id', (select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id('nils')), 'mentor_id', pg_temp.id('nils'), 'starts_on', pg_temp.today() + 30,
  'pause_reason', 'Reise', 'expected_return_date', pg_temp.today() + 60, 'coordinator_id', pg_temp.id('coordinator'), 'version', 1)), 'a day ahead makes a plan') from planned_by;
select is(answer #>> '{leave_request,planned_pause_id}', answer #>> '{planned_pause,id}', 'which the request names') from planned_by;
select is(pg_temp.requests('nils'), array['pause Reise 30 60 accepted by coordinator God tur!'], 'accepted');
select is(pg_temp.told('nils', '%'), array['leave_requested to coordinator', 'pause_planned to coordinator', 'pause_planned to mentor', 'leave_answered to mentor'], 'told');

select pg_temp.ask('expired', 'pause', null, 20, 'Sliten');
select is(pg_temp.answers('coordinator', 'expired', 'accept', null, 1) #>> '{pause_record,status}', 'expired_cert', 'under an expired certification');
select is(pg_temp.paused('expired'), 'expired_cert Sliten 20 by coordinator', 'the pause is there');

-- The version that was looked at.

select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('liv'), answer, null, 7), 'version_conflict', 409, answer || ' of another version', '1')
from unnest(array['accept', 'decline']) answer;
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('double'), 'accept', null, 1), 'version_conflict', 409, 'a version where there is no pause');

-- Another date, and the return.

select pg_temp.answer('coordinator', pg_temp.answering((select l.id from public.leave_requests l where l.mentor_id = pg_temp.id('liv') and l.kind = 'change_return'), 'accept', null, 1));
select is(pg_temp.paused('liv'), 'paused Sykdom 30 by coordinator', 'another date, and the reason stays');
select is(pg_temp.told('liv', 'return%'), array['return_changed to mentor'], 'as for any change of it');
select is(pg_temp.requests('liv'), array['change_return 30 accepted by coordinator', 'return Frisk open'], 'what else was asked stays open');
select is(pg_temp.ask('liv', 'change_return') #>> '{leave_request,expected_return_date}', null, 'no date any more');
select is(pg_temp.answers('coordinator', 'liv', 'accept') #> '{pause_record,expected_return_date}', 'null', 'takes it away');
select is(pg_temp.ask('liv', 'change_return', null, 40) #>> '{leave_request,state}', 'open', 'another one');
create temporary table returned as select pg_temp.answer('coordinator', pg_temp.answering((select l.id from public.leave_requests l where l.mentor_id = pg_temp.id('liv') and l.kind = 'return'), 'accept', null, 3)) as answer;
select is(answer #>> '{pause_record,status}', 'active', 'the return') from returned;
select is(answer -> 'hints', '[]', 'with the hints of a return') from returned;
select is(pg_temp.state('liv'), 'settled', 'what was asked of the pause has settled');
select is((pg_temp.log('liv'))[2:], array['paused>paused v2 by coordinator coordinator from day 0', 'paused>paused v3 by coordinator coordinator from day 0',
  'paused>active v4 by coordinator coordinator from day 0'], 'the log has each of them');
select pg_temp.ask('expired', 'return');
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('expired'), 'accept'), 'certification_expired', 409, 'a return over an expired certification');
select is(pg_temp.state('expired'), 'open', 'it stays open');
select is(pg_temp.answers('coordinator', 'expired', 'decline', 'Forny kurset først.') #>> '{leave_request,state}', 'declined', 'but can be declined');

-- Withdrawing.

select is(pg_temp.answers('per', 'per', 'withdraw') #>> '{leave_request,state}', 'withdrawn', 'an open one');
select is(pg_temp.requests('per'), array['pause Eksamen 9 20 withdrawn by per'], 'without asking anybody');
select is(pg_temp.told('per', '%') , array['leave_requested to coordinator'], 'or telling');
select is(pg_temp.is_true('per', 'leave_requested'), array[false], 'what waits to be told is true no more');
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('per'), 'accept'), 'already_answered', 409, 'it can''t be accepted any more');
select pg_temp.answer('colleague', format('public.amend_planned_pause(%L, ''{"pause_reason": "Lang reise"}'')', (select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id('nils'))));
select is(pg_temp.answers('nils', 'nils', 'withdraw') #>> '{leave_request,state}', 'withdrawn', 'an accepted one before its first day');
select is(pg_temp.planned('nils'), null, 'takes the plan back, whoever has amended it');
select is((pg_temp.told('nils', '%'))[5:], array['pause_cancelled to coordinator', 'pause_cancelled to mentor'], 'of which both are told');
select is(pg_temp.is_true('nils', 'leave_answered'), array[false], 'and not of the answer any more');
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw'), 'already_answered', 409, 'once');
select pg_temp.ask('nils', 'pause', 5);
select pg_temp.answers('coordinator', 'nils', 'accept');
alter table public.planned_pauses disable trigger planned_pauses_guard;
update public.planned_pauses set starts_on = pg_temp.today(), created_at = now() - interval '9 days' where mentor_id = pg_temp.id('nils');
alter table public.planned_pauses enable trigger planned_pauses_guard;
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw'), 'already_answered', 409, 'not on its first day, though nobody has begun it');
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('nils')));
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw'), 'already_answered', 409, 'nor afterwards');
select pg_temp.ask('nils', 'pause', 5);
select pg_temp.answers('coordinator', 'nils', 'accept');
select pg_temp.answer('coordinator', format('public.cancel_planned_pause(%L)', (select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id('nils'))));
select pg_temp.refuses('nils', pg_temp.answering(pg_temp.asked('nils'), 'withdraw'), 'already_answered', 409, 'nor one whose plan is gone');

-- A first day that has passed unanswered: the pause begins when it is accepted.

select pg_temp.ask('late', 'pause', 2, 20);
alter table public.leave_requests disable trigger user;
update public.leave_requests set starts_on = pg_temp.today() - 3 where id = pg_temp.asked('late');
alter table public.leave_requests enable trigger user;
select is(pg_temp.answers('coordinator', 'late', 'accept') #>> '{pause_record,status}', 'paused', 'an answer that comes late begins the pause');
select is(pg_temp.log('late'), array['active>paused v1 by coordinator coordinator from day 0'], 'today');

-- At once, where every chapter of the mentor says so.

create temporary table taken as select pg_temp.ask('free', 'pause', null, 20, 'Ferie') as answer;
select is(answer #>> '{leave_request,state}', 'accepted', 'a request takes effect at once') from taken;
select is(answer #>> '{leave_request,answered_by}', null, 'answered by nobody') from taken;
select is(answer #>> '{pause_record,id}', pg_temp.live_id('free')::text, 'with the pause beside it') from taken;
select is(pg_temp.paused('free'), 'paused Ferie 20', 'which is there');
select is(pg_temp.log('free'), array['active>paused v1 by mentor free from day 0'], 'by the mentor');
select is(pg_temp.told('free', '%'), array['mentor_paused to coordinator', 'mentor_paused to mentor'], 'both are told of the pause, and of nothing else');
select is(pg_temp.ask('free', 'change_return', null, 30) #>> '{pause_record,expected_return_date}', (pg_temp.today() + 30)::text, 'another date');
select is(pg_temp.ask('free', 'return') #>> '{pause_record,status}', 'active', 'the return');
select is((pg_temp.log('free'))[2:], array['paused>paused v2 by mentor free from day 0', 'paused>active v3 by mentor free from day 0'], 'by the mentor, each');
select is(pg_temp.requests('free'), array['pause Ferie 20 accepted', 'change_return 30 accepted', 'return accepted'], 'each a request that was accepted');
select is(pg_temp.ask('planning', 'pause', 9, 20) #>> '{planned_pause,starts_on}', (pg_temp.today() + 9)::text, 'from a day ahead: a plan');
select is(pg_temp.answers('planning', 'planning', 'withdraw') #>> '{leave_request,state}', 'withdrawn', 'which the mentor takes back too');
select is(pg_temp.planned('planning'), null, 'and is gone');
select pg_temp.ask('planning', 'pause', 9, 20);
alter table public.planned_pauses disable trigger planned_pauses_guard;
update public.planned_pauses set starts_on = pg_temp.today(), created_at = now() - interval '9 days' where mentor_id = pg_temp.id('planning');
alter table public.planned_pauses enable trigger planned_pauses_guard;
select private.apply_changes(array[pg_temp.id('planning')], pg_temp.today() - 1, pg_temp.today(), 'scheduler');
select is(pg_temp.log('planning'), array['active>paused v1 by mentor planning from day 0'], 'a plan of the mentor''s begins as the mentor');
select is(pg_temp.ask('doubly free', 'pause') #>> '{leave_request,state}', 'accepted', 'of two chapters that both say so');
select is(pg_temp.ask('both', 'pause') #>> '{leave_request,state}', 'open', 'of two of which one does not: open');
select is(pg_temp.ask('lapsed', 'pause') #>> '{pause_record,status}', 'expired_cert', 'a pause under an expired certification');
select is((pg_temp.log('lapsed'))[2:], array['expired_cert>expired_cert v2 by mentor lapsed from day 0'], 'by the mentor');
select is(pg_temp.ask('lapsed', 'return') - 'leave_request', '{}', 'a return over one stays open');
select is(pg_temp.state('lapsed'), 'open', 'for a coordinator to see to');
select is(pg_temp.told('lapsed'), array['leave_requested to coordinator'], 'who is told');

-- What settles by itself, in the transaction that makes it pointless.

create function pg_temp.fresh(name text, chapter text default 'oslo') returns void
language sql as $$ select pg_temp.add_mentor(name, chapter); select pg_temp.certify(name, 400); $$;
select pg_temp.fresh('s' || n) from generate_series(1, 20) n;
select pg_temp.ask('s1', 'pause'), pg_temp.ask('s2', 'pause', 9), pg_temp.ask('s3', 'pause', 9), pg_temp.ask('s4', 'pause');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id(name))) from unnest(array['s1', 's2']) name;
select is(pg_temp.state(name), 'settled', 'paused meanwhile: ' || name) from unnest(array['s1', 's2']) name;
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('s1'), 'accept'), 'already_answered', 409, 'it can''t be answered any more');
select pg_temp.refuses('s1', pg_temp.answering(pg_temp.asked('s1'), 'withdraw'), 'already_answered', 409, 'nor withdrawn');
select is((select l.answered_at is not null and l.answered_by is null from public.leave_requests l where l.id = pg_temp.asked('s1')), true, 'nobody answered it');
select is(pg_temp.told('s1'), array['leave_requested to coordinator'], 'nor is anybody told of that');
select is(pg_temp.is_true('s1', 'leave_requested'), array[false], 'or of the request any more');
select pg_temp.answer('coordinator', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id(name), pg_temp.today() + 12)) from unnest(array['s3', 's4']) name;
select is(pg_temp.state('s3'), 'settled', 'a plan was made instead of the plan');
select is(pg_temp.state('s4'), 'open', 'but a pause now is another thing');

select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', %L)', pg_temp.id(name), pg_temp.today() + 9)) from unnest(array['s5', 's6', 's7', 's8', 's9']) name;
select pg_temp.ask(name, 'return'), pg_temp.ask(name, 'change_return', null, 20) from unnest(array['s5', 's6', 's7', 's8', 's9']) name;
select pg_temp.answer('coordinator', format('public.reactivate_mentor(%L)', pg_temp.id('s5')));
select is(pg_temp.requests('s5'), array['return settled', 'change_return 20 settled'], 'returned meanwhile');
select pg_temp.answer('coordinator', format('public.amend_pause(%L, %L)', pg_temp.id('s6'), jsonb_build_object('expected_return_date', pg_temp.today() + 20)));
select is(pg_temp.requests('s6'), array['return open', 'change_return 20 settled'], 'the date was changed to the one that was asked for');
select pg_temp.answer('coordinator', format('public.amend_pause(%L, %L)', pg_temp.id('s7'), jsonb_build_object('expected_return_date', pg_temp.today() + 21)));
select is(pg_temp.requests('s7'), array['return open', 'change_return 20 open'], 'to another one: it stays open');
-- Many at once.
select pg_temp.ask('s19', 'pause'), pg_temp.ask('s20', 'pause', 9);
select pg_temp.answer('coordinator', format('public.pause_mentors(%L, ''Ferie'', dry_run => true)', array[pg_temp.id('s19'), pg_temp.id('s20')]));
select is(array[pg_temp.state('s19'), pg_temp.state('s20')], array['open', 'open'], 'a dry run settles nothing');
select pg_temp.answer('coordinator', format('public.pause_mentors(%L, ''Ferie'', %L)', array[pg_temp.id('s20')], pg_temp.today() + 20));
select pg_temp.answer('coordinator', format('public.pause_mentors(%L, ''Ferie'')', array[pg_temp.id('s19')]));
select is(array[pg_temp.state('s19'), pg_temp.state('s20')], array['settled', 'settled'], 'paused, and planned, among many');
-- By hand.
update public.pause_records set status = 'active' where mentor_id = pg_temp.id('s8') and status = 'paused';
select is(pg_temp.requests('s8'), array['return settled', 'change_return 20 settled'], 'closed by hand');
select pg_temp.ask('s10', 'pause');
insert into public.pause_records (mentor_id, status, pause_reason) values (pg_temp.id('s10'), 'paused', 'Sykdom');
select is(pg_temp.state('s10'), 'settled', 'paused by hand');

-- By the night, or whatever RPC comes first: a plan that begins.
alter table public.planned_pauses disable trigger planned_pauses_guard;
update public.planned_pauses set starts_on = pg_temp.today(), created_at = now() - interval '9 days' where mentor_id = pg_temp.id('s4');
alter table public.planned_pauses enable trigger planned_pauses_guard;
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('s4'), 'accept'), 'already_answered', 409, 'on a plan''s first day the pause is there, before anything has begun it');
select private.apply_changes(array[pg_temp.id('s4')], pg_temp.today() - 1, pg_temp.today(), 'scheduler');
select is(pg_temp.state('s4'), 'settled', 'a plan has begun');

-- A date that comes, with nobody answering.
create function pg_temp.age(mentor text, days int) returns void
language plpgsql as $$
begin
  alter table public.leave_requests disable trigger user;
  update public.leave_requests l
  set created_at = l.created_at - days * interval '1 day', starts_on = l.starts_on - days, expected_return_date = l.expected_return_date - days
  where l.mentor_id = pg_temp.id(mentor);
  alter table public.leave_requests enable trigger user;
  perform private.place_requests(array[pg_temp.id(mentor)]);
end
$$;
select pg_temp.ask('s11', 'pause', 1, 9), pg_temp.ask('s12', 'pause', 1, 9), pg_temp.ask('s13', 'pause', null, 9);
select pg_temp.age('s11', 9), pg_temp.age('s12', 8), pg_temp.age('s13', 9), pg_temp.age('s9', 25);
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('s11'), 'accept'), 'already_answered', 409, 'on the day on which the mentor wanted to be back');
select is(pg_temp.is_true('s11', 'leave_requested'), array[false], 'nobody is told of it any more');
select is(pg_temp.ask('s13', 'pause', null, 20) #>> '{leave_request,state}', 'open', 'and the mentor may ask anew');
select is(pg_temp.requests('s13'), array['pause 0 settled', 'pause 20 open'], 'which settles the old one');
select is((private.nightly_candidates(pg_temp.today() - 1, pg_temp.today(), false, uuid '00000000-0000-0000-0000-000000000000', 2000)) @> array[pg_temp.id('s11')], true,
  'the night looks at it');
select private.judge_mentors(array[pg_temp.id('s11'), pg_temp.id('s12'), pg_temp.id('s9')], pg_temp.today() - 1, pg_temp.today());
select is(pg_temp.state('s11'), 'settled', 'and settles what has come to its end');
select is(pg_temp.state('s12'), 'open', 'not before');
select is(pg_temp.requests('s9'), array['return open', 'change_return -5 settled'], 'a return date that has passed too; a return goes on');

-- Whoever leaves, at a command or by the night; also if they return.
insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at)
values (pg_temp.id('a day''s chapter'), pg_temp.id('bergen'), pg_temp.id('s14'), 'mentor', now() - interval '400 days');
select pg_temp.ask('s14', 'pause'), pg_temp.ask('s15', 'pause'), pg_temp.ask('s16', 'pause'), pg_temp.ask('s17', 'pause');
select pg_temp.age(name, 9) from unnest(array['s15', 's16']) name;
select pg_temp.answer('office', format('public.end_membership(%L, %L)', pg_temp.id('a day''s chapter'), pg_temp.today() - 1));
select is(pg_temp.state('s14'), 'open', 'left one of two chapters');
select pg_temp.answer('office', format('public.end_membership(%L, %L)', pg_temp.id('s14 mentor in oslo'), pg_temp.today() - 1));
select is(pg_temp.state('s14'), 'settled', 'left the last one');
select pg_temp.answer('office', format('public.end_membership(%L, %L)', pg_temp.id('s17 mentor in oslo'), pg_temp.today()));
select is(pg_temp.state('s17'), 'open', 'on the last day it stands');
select private.judge_mentors(array[pg_temp.id('s17')], pg_temp.today(), pg_temp.today() + 1);
select is(pg_temp.state('s17'), 'settled', 'and settles in the night after');
update public.chapter_memberships set ended_at = (pg_temp.today() - 5)::timestamp at time zone 'Europe/Oslo' where user_id in (pg_temp.id('s15'), pg_temp.id('s16'));
insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
values (pg_temp.id('oslo'), pg_temp.id('s16'), 'mentor', (pg_temp.today() - 2)::timestamp at time zone 'Europe/Oslo');
select is(pg_temp.is_true('s15', 'leave_requested'), array[false], 'nobody is told of what somebody asked for who has left');
select pg_temp.refuses('coordinator', pg_temp.answering(pg_temp.asked('s16'), 'accept'), 'already_answered', 409, 'whoever returns has not asked for anything');
select private.judge_mentors(array[pg_temp.id('s15'), pg_temp.id('s16')], pg_temp.today() - 6, pg_temp.today());
select is(pg_temp.state(name), 'settled', 'by the night: ' || name) from unnest(array['s15', 's16']) name;
select pg_temp.refuses('s15', pg_temp.asking('pause'), 'not_a_mentor', 403, 'whoever has left can''t ask');

-- Erased.
select pg_temp.ask('gone', 'pause', null, null, 'Helse');
select pg_temp.answers('coordinator', 'gone', 'decline', 'Helst ikke.');
select pg_temp.ask('gone', 'pause', null, null, 'Helse, igjen');
create temporary table kept as select pg_temp.answer('coordinator', pg_temp.answering(pg_temp.asked('s18'), 'decline', 'Nei', null, pg_temp.id('key 3'))) as answer, pg_temp.asked('s18') as id
from (select pg_temp.ask('s18', 'pause', null, null, 'Sorg')) a where true;
select private.erase_people(array[pg_temp.id('gone'), pg_temp.id('s18')], pg_temp.id('coordinator'), false);
select is(pg_temp.requests('gone'), array['pause declined by coordinator', 'pause settled'], 'erased: what is open settles, reason and message go');
select is((select i.response from private.idempotent_requests i where i.request_id = pg_temp.id('key 3'))::text ~ 'Sorg|Nei|s18', false, 'from the kept answers too');
select pg_temp.refuses('gone', pg_temp.asking('pause'), 'unauthenticated', 401, 'a login made under an erased id can''t ask');
select pg_temp.refuses('gone', pg_temp.answering(pg_temp.asked('gone'), 'withdraw'), 'unauthenticated', 401, 'nor withdraw');

-- Joined: the kept profile's stay; of two, and of what a pause makes pointless, one settles.
select pg_temp.fresh('kept'), pg_temp.fresh('kept and paused');
insert into public.profiles (id, display_name) values (pg_temp.id('twin'), 'twin'), (pg_temp.id('other twin'), 'other twin');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
select pg_temp.id('oslo'), pg_temp.id(name), 'mentor', now() - interval '9 days' from unnest(array['twin', 'other twin']) name;
select pg_temp.ask('kept', 'pause', null, 9), pg_temp.ask('twin', 'pause', null, 10), pg_temp.ask('other twin', 'pause');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id('kept and paused')));
select pg_temp.answer('office', format('public.merge_people(%L, %L)', pg_temp.id(a), pg_temp.id(b)))
from (values ('kept', 'twin'), ('kept and paused', 'other twin')) m (a, b);
select is(pg_temp.requests('kept'), array['pause 9 open', 'pause 10 settled'], 'joined: one stays open');
select is(pg_temp.requests('kept and paused'), array['pause settled'], 'joined with somebody who is paused: none');

-- Reading: one's own, and of one's chapters; by state; page by page.

select is(pg_temp.listed('liv'), 'liv change_return settled, liv change_return accepted, liv return accepted, liv change_return accepted', 'one''s own, newest first');
select is(pg_temp.listed('bystander'), null, 'nothing for somebody who is in no chapter');
select is(pg_temp.listed('bergen coordinator'), null, 'nothing of another chapter');
select is(pg_temp.listed('trusting', 'array[''open'']'), 'lapsed return open, both pause open', 'what is open in one''s chapter');
select is(pg_temp.listed('office', 'array[''open'']') = (
    select string_agg(concat_ws(' ', p.name, l.kind, l.state), ', ' order by l.created_at desc, l.id desc)
    from public.leave_requests l join people p on p.id = l.mentor_id where l.state = 'open'), true, 'the office has all');
select is(array(select l ->> 'state' from jsonb_array_elements(pg_temp.answer('coordinator', 'public.leave_requests_page(array[''declined'', ''withdrawn''])') -> 'leave_requests') l),
  array(select l.state from public.leave_requests l where l.state in ('declined', 'withdrawn')
    and private.is_request_shown(l.mentor_id, l.created_at, l.answered_at, pg_temp.id('coordinator'), array[pg_temp.id('oslo')], false) order by l.created_at desc, l.id desc), 'several states');
create function pg_temp.all_pages(actor text, size int) returns jsonb
language plpgsql as $$
declare
  page jsonb;
  pages jsonb := '[]';
  next text;
begin
  loop
    page := pg_temp.answer(actor, format('public.leave_requests_page(null, %s, %L)', size, next));
    pages := pages || (page -> 'leave_requests');
    next := page ->> 'next_cursor';
    exit when next is null;
  end loop;
  return pages;
end
$$;
select is(pg_temp.all_pages(actor, size), pg_temp.answer(actor, 'public.leave_requests_page(null, 200)') -> 'leave_requests', format('%s by pages of %s', actor, size))
from unnest(array['coordinator', 'office', 'liv']) actor cross join unnest(array[1, 3, 7]) size;
-- What the list shows is what the policy of the table shows.
create function pg_temp.seen(actor text) returns uuid[]
language plpgsql as $$
declare
  ids uuid[];
begin
  perform pg_temp.become(actor);
  ids := array(select l.id from public.leave_requests l order by l.created_at desc, l.id desc);
  perform pg_temp.sign_out();
  return ids;
end
$$;
select is(array(select (l ->> 'id')::uuid from jsonb_array_elements(pg_temp.answer(actor, 'public.leave_requests_page(null, 200)') -> 'leave_requests') l),
  pg_temp.seen(actor), 'the list is what the table shows ' || actor)
from unnest(array['coordinator', 'bergen coordinator', 'trusting', 'office', 'liv', 'bystander', 'double']) actor;
select pg_temp.refuses('coordinator', c.call, 'invalid_request', 400, c.call, c.details)
from (values ('public.leave_requests_page(array[''lost''])', 'state'), ('public.leave_requests_page(''{}'')', 'state'), ('public.leave_requests_page(array[null])', 'state'),
  ('public.leave_requests_page(null, 0)', 'limit'), ('public.leave_requests_page(null, 201)', 'limit'), ('public.leave_requests_page(null, 2, ''x.y'')', 'cursor')) c (call, details);
select pg_temp.refuses('colleague', format('public.leave_requests_page(null, 2, %L)', pg_temp.answer('coordinator', 'public.leave_requests_page(null, 2)') ->> 'next_cursor'),
  'invalid_request', 400, 'somebody else''s cursor', 'cursor');
-- What was answered before the mentor came is not theirs to see; what is open is.
select pg_temp.join_chapter('liv', 'mentor', 'bergen');
update public.chapter_memberships set started_at = clock_timestamp() where user_id = pg_temp.id('liv') and chapter_id = pg_temp.id('bergen');
select is(pg_temp.listed('bergen coordinator'), null, 'of a mentor who has come since, nothing that was answered before');
select pg_temp.ask('liv', 'pause', 9);
select is(pg_temp.listed('bergen coordinator'), 'liv pause open', 'but what is open');
select is(pg_temp.answers('bergen coordinator', 'liv', 'decline') #>> '{leave_request,state}', 'declined', 'and answer it');
select is((select array_agg(l ->> 'state') from jsonb_array_elements(pg_temp.all_pages('bergen coordinator', 1)) l), array['declined'], 'by pages of 1');

-- The list is read from where the requests belong, which follows the memberships.
create function pg_temp.places() returns setof text
language sql as $$ select format('%s in %s %s %s', p.id, p.chapter_id, p.state, p.created_at) from private.request_places p $$;
create function pg_temp.wanted_places() returns setof text
language sql as $$
  select distinct format('%s in %s %s %s', l.id, m.chapter_id, l.state, l.created_at)
  from public.leave_requests l join public.chapter_memberships m on m.user_id = l.mentor_id
  where m.role = 'mentor' and (m.ended_at is null or m.ended_at > clock_timestamp())
$$;
select set_eq('select pg_temp.places()', 'select pg_temp.wanted_places()', 'each request is in its mentor''s chapters');
update public.chapter_memberships set ended_at = clock_timestamp() where user_id = pg_temp.id('liv') and chapter_id = pg_temp.id('bergen');
select is(pg_temp.listed('bergen coordinator'), null, 'of a mentor who has left, nothing');
select is((select count(*) from private.request_places p join public.leave_requests l using (id) where l.mentor_id = pg_temp.id('liv') and p.chapter_id = pg_temp.id('bergen')),
  0::bigint, 'nor is it passed over');
select set_eq('select pg_temp.places()', 'select pg_temp.wanted_places()', 'which is the rule');
update public.chapter_memberships set ended_at = null where user_id = pg_temp.id('liv') and chapter_id = pg_temp.id('bergen');
select is(pg_temp.listed('bergen coordinator'), 'liv pause declined', 'of one who has not left after all, the same as before');
delete from private.request_places p using public.leave_requests l where l.id = p.id and l.mentor_id = pg_temp.id('liv');
select isnt(pg_temp.listed('bergen coordinator'), 'liv pause declined', 'what has gone astray is missing');
select private.rebuild_roster();
select set_eq('select pg_temp.places()', 'select pg_temp.wanted_places()', 'until it is built again');

-- On the mentor's page.
select is((select array_agg(concat_ws(' ', l ->> 'kind', l ->> 'state') order by o) from jsonb_array_elements(pg_temp.answer(actor,
    format('public.mentor_page(%L)', pg_temp.id('liv'))) -> 'leave_requests') with ordinality r (l, o)), wanted, actor || ' sees them on the mentor''s page')
from (values
  ('liv', array['pause declined', 'change_return settled', 'change_return accepted', 'return accepted', 'change_return accepted']),
  ('coordinator', array['pause declined', 'change_return settled', 'change_return accepted', 'return accepted', 'change_return accepted']),
  ('bergen coordinator', array['pause declined'])
) w (actor, wanted);

-- A mentor reaches nothing but requests: each RPC for people, on themself and on another.
select pg_temp.refuses('eva', format(call, pg_temp.id(about)), 'not_a_coordinator', 403, format('a mentor, about %s: %s', about, call))
from unnest(array['eva', 'both']) about
cross join unnest(array[
  'public.pause_mentor(%L, ''Ferie'')', 'public.amend_pause(%L, ''{"pause_reason": "a"}'')',
  'public.plan_pause(%L, ''Ferie'', current_date + 9)', 'public.reactivate_mentor(%L)',
  'public.assign_coordinator(%1$L, %1$L)', 'public.register_certification(%L, ''basic course'', current_date)']) call;
select pg_temp.refuses('eva', call, 'not_a_coordinator', 403, call)
from unnest(array['public.coordinator_roster()', 'public.people_page()',
  format('public.cancel_planned_pause(%L)', (select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id('s3'))),
  format('public.amend_planned_pause(%L, ''{"pause_reason": "a"}'')', (select q.id from public.planned_pauses q where q.mentor_id = pg_temp.id('s3'))),
  format('public.mentor_page(%L)', pg_temp.id('both'))]) call;
select is(pg_temp.listed('eva'), null, 'a mentor sees nobody else''s requests');
select throws_ok(format($$ select pg_temp.answer(%L, 'public.leave_requests_page()') $$, actor), '42501', null, actor || ' reads none') from unnest(array['anon', 'service_role']) actor;
select throws_ok(format($$ select pg_temp.answer(%L, 'public.request_leave(''pause'')') $$, actor), '42501', null, actor || ' asks for nothing') from unnest(array['anon', 'service_role']) actor;
select throws_ok(format($$ select pg_temp.answer(%L, 'public.answer_leave_request(gen_random_uuid(), ''accept'')') $$, actor), '42501', null, actor || ' answers nothing') from unnest(array['anon', 'service_role']) actor;
select is(
  array(select p.proname::text from pg_proc p where p.pronamespace = 'public'::regnamespace
    and p.proname in ('request_leave', 'answer_leave_request', 'leave_requests_page') and has_function_privilege('pause_scheduler', p.oid, 'execute')),
  '{}'::text[], 'nor does the scheduler');

-- A reason, or a message, is nowhere but in the request and what was made of it.
select is_empty($$ select n from public.notifications n where n::text ~ 'Reise|Sykdom|Frisk|trenger' $$, 'no reason and no message waits to be sent');
select is((select f.leave_request from public.notifications n cross join private.notification_facts(array[n.id], pg_temp.today()) f
    where n.mentor_id = pg_temp.id('kari') and n.kind = 'leave_answered' order by n.created_at limit 1),
  '{"kind": "pause", "state": "declined", "has_message": true}', 'the text learns that there is a message, and not which');
select is_empty('select * from private.find_roster_differences(array(select p.id from people p))', 'the read model is what the tables say');

select * from finish();
rollback;
