-- Changing one field of a pause leaves the others; a return date that has passed may
-- stay, and the mentor is told of another one.
begin;
\ir _fixtures.psql

select plan(45);

select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['nils', 'kari', 'expired', 'overdue', 'both']) name;
select pg_temp.certify(name, 400) from unnest(array['nils', 'kari', 'overdue']) name;
select pg_temp.certify('expired', -3), pg_temp.certify('both', -3);

create function pg_temp.amend(mentor text, changes text, version int default null, actor text default 'coordinator') returns jsonb
language sql as $$
  select pg_temp.answer(actor, format('public.amend_pause(%L, %L, %L)', pg_temp.id(mentor), changes, version)) -> 'pause_record'
$$;
create function pg_temp.pause(mentor text) returns text
language sql as $$
  select concat_ws(' ', r.pause_reason, r.expected_return_date - pg_temp.today(), 'v' || r.version)
  from public.pause_records r where r.mentor_id = pg_temp.id(mentor) and r.status <> 'active'
$$;
create function pg_temp.call(mentor text, changes text, version text default 'null') returns text
language sql as $$
  select format('public.amend_pause(%L, %L, %s)', pg_temp.id(mentor), changes, version)
$$;
create function pg_temp.back(days int) returns text
language sql as $$ select json_build_object('expected_return_date', pg_temp.today() + days)::text $$;

-- One field at a time.
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Eksamen'', %L)', pg_temp.id('nils'), pg_temp.today() + 30));
select is(pg_temp.amend('nils', '{"pause_reason": " Permisjon "}') ->> 'pause_reason', 'Permisjon', 'a new reason is answered, trimmed');
select is(pg_temp.pause('nils'), 'Permisjon 30 v2', 'and the return date stays');
select is(pg_temp.outbox('nils'), array[
  'mentor_paused v1 to coordinator', 'mentor_paused v1 to mentor'], 'nobody is told of another reason');
select pg_temp.amend('nils', pg_temp.back(60));
select is(pg_temp.pause('nils'), 'Permisjon 60 v3', 'a new return date leaves the reason');
select is((pg_temp.outbox('nils'))[3:], array['return_changed v3 to mentor'], 'and the mentor alone is told');
select pg_temp.amend('nils', '{"expected_return_date": null}');
select is(pg_temp.pause('nils'), 'Permisjon v4', 'null takes the date away');
select is((pg_temp.outbox('nils'))[4:], array['return_changed v4 to mentor'], 'which the mentor is told too');
select is(pg_temp.log('nils'), array[
  'active>paused v1 by coordinator coordinator from day 0', 'paused>paused v2 by coordinator coordinator from day 0',
  'paused>paused v3 by coordinator coordinator from day 0', 'paused>paused v4 by coordinator coordinator from day 0'],
  'each change is a row of the log');
select is(pg_temp.amend('nils', '{"pause_reason": "Reise"}', 4) ->> 'version', '5', 'with the version that was seen');
select pg_temp.refuses('coordinator', pg_temp.call('nils', '{"pause_reason": "Ferie"}', '4'), 'version_conflict', 409,
  'another version is a conflict', '5');
select is(pg_temp.pause('nils'), 'Reise v5', 'and changes nothing');

-- A date that has passed.
insert into public.pause_records (mentor_id, status, pause_reason, expected_return_date, paused_at, created_at)
values (pg_temp.id('overdue'), 'paused', 'Sykdom', pg_temp.today() - 5, now() - interval '20 days', now() - interval '20 days');
select is(pg_temp.amend('overdue', format('{"pause_reason": "Ferie", "expected_return_date": "%s"}', pg_temp.today() - 5)) ->> 'pause_reason', 'Ferie',
  'a stored date that has passed may be sent back');
select is(pg_temp.pause('overdue'), 'Ferie -5 v2', 'and stays');
select is(pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Reise'', %L, 2)', pg_temp.id('overdue'), pg_temp.today() - 5)) #>> '{pause_record,version}',
  '3', 'by pause_mentor with a version too');
select pg_temp.refuses('coordinator', pg_temp.call('overdue', pg_temp.back(-4)), 'invalid_request', 400,
  'another one that has passed may not', 'expected_return_date');
select pg_temp.refuses('coordinator', pg_temp.call('overdue', pg_temp.back(0)), 'invalid_request', 400,
  'nor today', 'expected_return_date');
select pg_temp.refuses('coordinator', pg_temp.call('overdue', pg_temp.back(1200)), 'invalid_request', 400,
  'nor one more than three years ahead', 'expected_return_date');
select pg_temp.refuses('coordinator', format('public.pause_mentor(%L, ''Reise'', %L)', pg_temp.id('overdue'), pg_temp.today() - 5),
  'invalid_request', 400, 'nor the stored one for a new pause', 'expected_return_date');
select is(pg_temp.pause('overdue'), 'Reise -5 v3', 'nothing changed');
select is_empty(format($$ select from public.notifications n where n.mentor_id = %L and n.kind = 'return_changed' $$, pg_temp.id('overdue')),
  'and a date that stays is no news');

-- Without a pause there is nothing to amend.
select pg_temp.refuses('coordinator', pg_temp.call('kari', '{"pause_reason": "Ferie"}'), 'not_paused', 409, 'somebody who is active');
select pg_temp.refuses('coordinator', pg_temp.call('kari', '{"pause_reason": "Ferie"}', '1'), 'version_conflict', 409, 'with a version');
select pg_temp.refuses('coordinator', pg_temp.call('expired', '{"pause_reason": "Ferie"}'), 'not_paused', 409, 'somebody who is only expired');
select pg_temp.refuses('coordinator', pg_temp.call('expired', pg_temp.back(9)), 'not_paused', 409, 'by a date too');
select private.apply_changes(array[pg_temp.id('expired')], pg_temp.today() - 10, pg_temp.today(), 'scheduler');
select pg_temp.refuses('coordinator', pg_temp.call('expired', '{"pause_reason": "Ferie"}', '1'), 'version_conflict', 409,
  'with the version of the expiry', '1');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'', %L)', pg_temp.id('both'), pg_temp.today() + 30));
select is(pg_temp.amend('both', pg_temp.back(40)) ->> 'status', 'expired_cert', 'a pause under an expired certification is amended');
select is(pg_temp.pause('both'), 'Sykdom 40 v3', 'field by field');

-- What the function does for POST: a pause under an expired certification begins.
select pg_temp.refuses('coordinator', format('private.amend_pause(%L, %L, 1, null, true)', pg_temp.id('expired'), pg_temp.back(9)),
  'version_conflict', 409, 'but not without a reason', '1');
select is(pg_temp.answer('coordinator', format('private.amend_pause(%L, ''{"pause_reason": "Ferie"}'', 1, null, true)', pg_temp.id('expired')))
  #>> '{pause_record,status}', 'expired_cert', 'POST with a version begins a pause under an expired certification');
select is(pg_temp.pause('expired'), 'Ferie v2', 'with what was sent');

-- What it may say.
select pg_temp.refuses('coordinator', pg_temp.call('nils', c.changes), 'invalid_request', 400, c.what, c.details)
from (values
  ('{}', 'nothing to change', 'changes'), ('[]', 'no object', 'changes'), ('{"status": "active"}', 'an unknown field', 'changes'),
  ('{"pause_reason": null}', 'no reason', 'pause_reason'), ('{"pause_reason": "  "}', 'a blank reason', 'pause_reason'),
  ('{"expected_return_date": "2027-02-30"}', 'no day', 'expected_return_date'), ('{"expected_return_date": 7}', 'a number', 'expected_return_date')
) c (changes, what, details);
select pg_temp.refuses('coordinator', format('public.amend_pause(%L)', pg_temp.id('nils')), 'invalid_request', 400, 'no changes at all', 'changes');

-- Who may.
select pg_temp.refuses('bergen coordinator', pg_temp.call('nils', '{"pause_reason": "Ferie"}'), 'mentor_not_found', 404, 'a coordinator of another chapter');
select pg_temp.refuses('nils', pg_temp.call('nils', '{"pause_reason": "Ferie"}'), 'not_a_coordinator', 403, 'the mentor');
select is(pg_temp.pause('nils'), 'Reise v5', 'nothing changed');
select pg_temp.become('anon');
select throws_ok('select ' || pg_temp.call('nils', '{"pause_reason": "Ferie"}'), '42501', null, 'anon may not even call it');
select pg_temp.sign_out();

-- A repetition.
create temporary table first as
select pg_temp.answer('coordinator', format('public.amend_pause(%L, %L, null, %L)', pg_temp.id('nils'), pg_temp.back(9), pg_temp.id('key'))) as answer;
select is(pg_temp.answer('coordinator', format('public.amend_pause(%L, %L, null, %L)', pg_temp.id('nils'), pg_temp.back(9), pg_temp.id('key'))),
  (select f.answer from first f), 'the same request again gets the first answer');
select is(pg_temp.pause('nils'), 'Reise 9 v6', 'and changes nothing');
select pg_temp.refuses('coordinator', format('public.amend_pause(%L, ''{"expected_return_date": null}'', null, %L)', pg_temp.id('nils'), pg_temp.id('key')),
  'idempotency_key_reused', 422, 'null is another request than a date');

select * from finish();
rollback;
