-- Pausing, amending and reactivating by RPC: what is answered, stored, logged
-- and put into the outbox, and how each refusal looks.
begin;
\ir _fixtures.psql

select plan(99);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('former coordinator');
select pg_temp.join_chapter('former coordinator', 'coordinator', 'oslo', now() - interval '1 day');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_mentor('other mentor', 'oslo');
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.add_mentor('shared mentor', 'oslo');
select pg_temp.join_chapter('shared mentor', 'mentor', 'bergen');
select pg_temp.add_person('former mentor');
select pg_temp.join_chapter('former mentor', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.assign('mentor', 'former coordinator');
select pg_temp.certify('mentor', 200);

-- Who may.

select pg_temp.refuses(actor, call, code, status, format('%s: %s is refused with %s', actor, call, code))
from (values
  ('mentor', 'not_a_coordinator', 403),
  ('other mentor', 'not_a_coordinator', 403),
  ('former coordinator', 'not_a_coordinator', 403),
  ('bergen coordinator', 'mentor_not_found', 404)
) a (actor, code, status)
cross join unnest(array[
  $$public.pause_mentor(pg_temp.id('mentor'), 'Ferie')$$,
  $$public.reactivate_mentor(pg_temp.id('mentor'))$$
]) call;
select pg_temp.refuses('coordinator', format('public.pause_mentor(%s, %L)', mentor, 'Ferie'), 'mentor_not_found', 404,
  format('pausing %s is refused with mentor_not_found', who))
from (values
  ('somebody who does not exist', $$pg_temp.id('nobody')$$),
  ('another chapter''s mentor, just the same,', $$pg_temp.id('bergen mentor')$$),
  ('somebody who is no longer a mentor', $$pg_temp.id('former mentor')$$),
  ('a fellow coordinator', $$pg_temp.id('colleague')$$)
) m (who, mentor);
select throws_ok(
  format($$ select pg_temp.answer(%L, %L) $$, actor, call), '42501', null,
  format('%s may not execute %s', actor, call))
from unnest(array['anon', 'service_role']) actor
cross join unnest(array[
  $$public.pause_mentor(pg_temp.id('mentor'), 'Ferie')$$,
  $$public.reactivate_mentor(pg_temp.id('mentor'))$$
]) call;
select pg_temp.claim('authenticated', '{"role": "authenticated"}');
select throws_ok($$ select public.pause_mentor(pg_temp.id('mentor'), 'Ferie') $$, 'PGRST', null, 'a token without a subject is refused');
select pg_temp.sign_out();
select is(pg_temp.records('mentor'), '{}', 'after all of this the mentor has no record');

-- Pause.

create temporary table answers (name text primary key, body jsonb);
insert into answers values ('pause', pg_temp.answer('coordinator',
  $$public.pause_mentor(pg_temp.id('mentor'), E'  Sykdom i familien \n', pg_temp.today() + 30)$$));
select is(
  (select array(select jsonb_object_keys(body) union all select jsonb_object_keys(body -> 'pause_record') order by 1) from answers where name = 'pause'),
  array['coordinator_id', 'created_at', 'expected_return_date', 'id', 'mentor_id', 'pause_reason', 'pause_record', 'paused_at',
    'reactivated_at', 'status', 'updated_at', 'version'],
  'a pause answers with the record, all of its fields and no others');
select is(
  (select body -> 'pause_record' from answers where name = 'pause'),
  (select to_jsonb(r) - '{effective_on,first_version,certification_kind,planned_pause_id,open_since}'::text[] || jsonb_build_object(
     'paused_at', to_jsonb(r.paused_at at time zone 'UTC') #>> '{}' || '+00:00',
     'created_at', to_jsonb(r.created_at at time zone 'UTC') #>> '{}' || '+00:00',
     'updated_at', to_jsonb(r.updated_at at time zone 'UTC') #>> '{}' || '+00:00')
   from public.pause_records r where r.id = pg_temp.live_id('mentor')),
  'as it is stored, with times in UTC');
select is(
  (select (body -> 'pause_record') - '{id,paused_at,created_at,updated_at}'::text[] from answers where name = 'pause'),
  jsonb_build_object('mentor_id', pg_temp.id('mentor'), 'status', 'paused', 'pause_reason', 'Sykdom i familien',
    'expected_return_date', pg_temp.today() + 30, 'reactivated_at', null, 'coordinator_id', pg_temp.id('coordinator'), 'version', 1),
  'the reason is trimmed, the caller is the coordinator, the version is 1');
select is(pg_temp.log('mentor'), array['active>paused v1 by coordinator coordinator from day 0'], 'the log has the pause');
select is(pg_temp.outbox('mentor'), array['mentor_paused v1 to coordinator', 'mentor_paused v1 to mentor'], 'the outbox tells coordinator and mentor');
select is(
  (select array_agg(distinct n.state) from public.notifications n where n.mentor_id = pg_temp.id('mentor')), array['pending'],
  'what is in the outbox is pending');
select ok(
  not exists (select from public.notifications n where n.mentor_id = pg_temp.id('mentor') and n::text ~ 'Sykdom'),
  'the reason is not in the outbox');

-- Amend.

select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('mentor'), 'Annet')$$, 'already_paused', 409,
  'pausing again without a version is refused with already_paused');
select pg_temp.refuses('coordinator', format($$public.pause_mentor(pg_temp.id('mentor'), 'Annet', null, %s)$$, version), 'version_conflict', 409,
  format('amending version %s of a record in version 1 is refused with version_conflict', version), '1')
from unnest(array[0, 2, -1, 2147483647]) version;
insert into answers values ('amendment', pg_temp.answer('colleague',
  $$public.pause_mentor(pg_temp.id('mentor'), 'Operasjon', null, 1)$$));
select is(
  (select body -> 'pause_record' from answers where name = 'amendment'),
  (select p.body -> 'pause_record' || jsonb_build_object('pause_reason', 'Operasjon', 'expected_return_date', null,
     'coordinator_id', pg_temp.id('colleague'), 'version', 2, 'updated_at', a.body -> 'pause_record' -> 'updated_at')
   from answers p join answers a on a.name = 'amendment' where p.name = 'pause'),
  'an amendment changes reason, return date, coordinator and version, and keeps the rest');
select cmp_ok(
  (select (body -> 'pause_record' ->> 'updated_at')::timestamptz from answers where name = 'amendment'), '>',
  (select (body -> 'pause_record' ->> 'updated_at')::timestamptz from answers where name = 'pause'),
  'an amendment is dated');
select is(
  pg_temp.log('mentor'),
  array['active>paused v1 by coordinator coordinator from day 0', 'paused>paused v2 by coordinator colleague from day 0'],
  'the log has the amendment');
select is(pg_temp.outbox('mentor'), array['mentor_paused v1 to coordinator', 'mentor_paused v1 to mentor', 'return_changed v2 to mentor'],
  'the mentor is told of another return date');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('mentor'), 'Annet', null, 1)$$, 'version_conflict', 409,
  'the same amendment again is refused: the version has moved on', '2');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('other mentor'), 'Annet', null, 1)$$, 'version_conflict', 409,
  'amending where nothing is paused is a version_conflict without a current version');

-- Reactivate.

select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('mentor'), 1)$$, 'version_conflict', 409,
  'reactivating a version that has moved on is refused', '2');
insert into answers values ('reactivation', pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('mentor'), 2)$$));
select is(
  (select (body -> 'pause_record') - '{updated_at,reactivated_at}'::text[] from answers where name = 'reactivation'),
  (select (body -> 'pause_record') - '{updated_at,reactivated_at}'::text[]
     || jsonb_build_object('status', 'active', 'coordinator_id', pg_temp.id('coordinator'), 'version', 3)
   from answers where name = 'amendment'),
  'a reactivation closes the record and keeps reason, return date and start');
select cmp_ok(
  (select (body -> 'pause_record' ->> 'reactivated_at')::timestamptz from answers where name = 'reactivation'), '>=',
  (select (body -> 'pause_record' ->> 'paused_at')::timestamptz from answers where name = 'reactivation'),
  'it is dated, after the pause');
select is(
  pg_temp.log('mentor'),
  array['active>paused v1 by coordinator coordinator from day 0', 'paused>paused v2 by coordinator colleague from day 0',
    'paused>active v3 by coordinator coordinator from day 0'],
  'the log has the reactivation');
select is(
  pg_temp.outbox('mentor'),
  array['mentor_paused v1 to coordinator', 'mentor_paused v1 to mentor', 'return_changed v2 to mentor',
    'mentor_reactivated v3 to coordinator', 'mentor_reactivated v3 to mentor'],
  'the outbox tells of it');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('mentor'))$$, 'not_paused', 409,
  'reactivating an active mentor is refused with not_paused');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('mentor'), 3)$$, 'not_paused', 409,
  'with the version of the closed record too');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('other mentor'))$$, 'not_paused', 409,
  'and for a mentor who never was away');
select lives_ok(
  $$ select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''mentor''), ''Igjen'')') $$,
  'a reactivated mentor can be paused again');
select is(pg_temp.records('mentor'), array['active v3 with pause', 'paused v4 with pause'], 'in a new record');
select is(
  pg_temp.answer('administrator', $$public.reactivate_mentor(pg_temp.id('mentor'), 4) -> 'pause_record' -> 'status'$$), '"active"',
  'an administrator manages the mentors of the chapter as a coordinator does');
select is(
  array(select pg_temp.answer('bergen coordinator', $$public.pause_mentor(pg_temp.id('shared mentor'), 'Ferie') -> 'pause_record' -> 'status'$$)
    union all select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('shared mentor')) -> 'pause_record' -> 'status'$$)),
  array['"paused"', '"active"']::jsonb[],
  'a mentor in two chapters is managed from either');

-- What is asked for is checked.

select pg_temp.refuses('coordinator', $$public.pause_mentor(null, 'Ferie')$$, 'invalid_request', 400, 'the mentor is required for a pause', 'mentor_id');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(null)$$, 'invalid_request', 400, 'and for a reactivation', 'mentor_id');
select pg_temp.refuses('coordinator', format($$public.pause_mentor(pg_temp.id('other mentor'), %s)$$, reason), 'invalid_request', 400,
  format('the reason can''t be %s', what), 'pause_reason')
from (values
  ('null', 'null'),
  ('empty', $$''$$),
  ('white space alone', $$E' \t\r\n\u000b\u00a0\u1680\u3000\ufeff'$$),
  ('501 characters', $$repeat('å', 501)$$)
) r (what, reason);
select is(
  pg_temp.answer('coordinator',
    $$char_length(public.pause_mentor(pg_temp.id('other mentor'), ' ' || repeat('å', 500) || E'\n') -> 'pause_record' ->> 'pause_reason')$$),
  '500', 'the reason can be 500 characters, with space around them');
select is(
  pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('other mentor'), 1) -> 'pause_record' -> 'version'$$), '2',
  'which is taken back for the next tests');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('other mentor'), 'x') -> 'pause_record' ->> 'pause_reason'$$), '"x"',
  'the reason can be one character');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('other mentor'), E'\u000b\f venter på v\u0085\r', null, 3) -> 'pause_record' ->> 'pause_reason'$$), '"venter på v"',
  'it loses the white space around it, and no letter');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('other mentor'), 'x', pg_temp.today() + 1, 4) -> 'pause_record' -> 'version'$$), '5',
  'the return can be expected tomorrow');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('other mentor'), 'x', (pg_temp.today() + interval '3 years')::date, 5) -> 'pause_record' -> 'version'$$), '6',
  'or in 3 years');
select pg_temp.refuses('coordinator', format($$public.pause_mentor(pg_temp.id('other mentor'), 'x', %s, 6)$$, day), 'invalid_request', 400,
  format('the return can''t be expected %s', what), 'expected_return_date')
from (values
  ('today', $$pg_temp.today()$$),
  ('yesterday', $$pg_temp.today() - 1$$),
  ('in 3 years and a day', $$(pg_temp.today() + interval '3 years')::date + 1$$),
  ('at the end of time', $$'infinity'::date$$),
  ('before all time', $$'-infinity'::date$$)
) d (what, day);

-- Idempotency. A key belongs to its caller and to what was asked.

create function pg_temp.replayed() returns text
language plpgsql as $$
declare
  headers text := current_setting('response.headers', true);
begin
  perform set_config('response.headers', '', true);
  return coalesce(headers, '');
end
$$;

select pg_temp.add_mentor('repeated', 'oslo');
insert into answers values ('first', pg_temp.answer('coordinator',
  $$public.pause_mentor(pg_temp.id('repeated'), 'Ferie', pg_temp.today() + 9, null, pg_temp.id('request'))$$));
select is(pg_temp.replayed(), '', 'a first request sets no header');
create temporary table before_replay as select pg_temp.written();
insert into answers values ('replay', pg_temp.answer('coordinator',
  $$public.pause_mentor(pg_temp.id('repeated'), 'Ferie', pg_temp.today() + 9, null, pg_temp.id('request'))$$));
select is(pg_temp.replayed()::jsonb, '[{"idempotent-replayed": "true"}]', 'a repetition says so in a header');
select is(
  (select body from answers where name = 'replay'), (select body from answers where name = 'first'), 'it gets the first answer');
select is(pg_temp.written(), (select written from before_replay), 'and writes nothing: no version, no log, no notification');
select is(pg_temp.records('repeated'), array['paused v1 with pause'], 'there is one record in version 1');
select pg_temp.refuses('coordinator', call, 'idempotency_key_reused', 422, format('the key with another %s is refused', what))
from (values
  ('reason', $$public.pause_mentor(pg_temp.id('repeated'), 'Annet', pg_temp.today() + 9, null, pg_temp.id('request'))$$),
  ('return date', $$public.pause_mentor(pg_temp.id('repeated'), 'Ferie', null, null, pg_temp.id('request'))$$),
  ('version', $$public.pause_mentor(pg_temp.id('repeated'), 'Ferie', pg_temp.today() + 9, 1, pg_temp.id('request'))$$),
  ('mentor', $$public.pause_mentor(pg_temp.id('shared mentor'), 'Ferie', pg_temp.today() + 9, null, pg_temp.id('request'))$$),
  ('function', $$public.reactivate_mentor(pg_temp.id('repeated'), null, pg_temp.id('request'))$$)
) c (what, call);
select is(
  pg_temp.answer('colleague', $$public.reactivate_mentor(pg_temp.id('repeated'), null, pg_temp.id('request')) -> 'pause_record' -> 'version'$$), '2',
  'another caller''s key is another key');
select is(pg_temp.replayed(), '', 'and no repetition');
select is(
  pg_temp.answer('colleague', $$public.reactivate_mentor(pg_temp.id('repeated'), null, pg_temp.id('request')) -> 'pause_record' -> 'version'$$), '2',
  'a reactivation is repeated like a pause, though the mentor is active by now');
select is(pg_temp.replayed()::jsonb, '[{"idempotent-replayed": "true"}]', 'with the header');
select is(
  pg_temp.answer('coordinator',
    $$public.pause_mentor(pg_temp.id('repeated'), 'Ferie', pg_temp.today() + 9, null, pg_temp.id('request')) -> 'pause_record' -> 'status'$$),
  '"paused"', 'the pause, repeated after the reactivation, is still answered as it was the first time');
select is(pg_temp.records('repeated'), array['active v2 with pause'], 'and does not pause again');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('repeated'), null, pg_temp.id('refused request'))$$, 'not_paused', 409,
  'a refusal is not kept');
select lives_ok(
  $$ select pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''repeated''), ''x'', null, null, pg_temp.id(''refused request''))') $$,
  'its key can be used again');
-- A key that says when the request was made is not carried out anew after 72 hours.
create function pg_temp.made(ago interval, version text default '7') returns uuid
language sql as $$
  select (lpad(to_hex((extract(epoch from clock_timestamp() - made.ago) * 1000)::bigint), 12, '0') || made.version || 'abc8def0123456789ab')::uuid
$$;
select pg_temp.add_mentor('late', 'oslo');
create temporary table late_keys as
  select pg_temp.made('72 hours 1 second') as late, pg_temp.made('71 hours 59 minutes') as timely, pg_temp.made('-30 years') as ahead,
    pg_temp.made('80 hours', '4') as other_version, '00000000-0000-7000-8000-000000000000'::uuid as oldest,
    'ffffffff-ffff-7fff-bfff-ffffffffffff'::uuid as newest, '00000000-0000-7000-c000-000000000000'::uuid as other_variant;
select pg_temp.refuses('coordinator', format('public.pause_mentor(pg_temp.id(''late''), ''Ferie'', null, null, %L)', key), 'request_expired', 409,
  'a request made ' || what || ' is not carried out')
from (select late, '72 hours ago' from late_keys union all select oldest, 'in 1970' from late_keys) k (key, what);
select pg_temp.refuses('coordinator', format('public.reactivate_mentor(pg_temp.id(''late''), null, %L)', late), 'request_expired', 409,
  'nor is a reactivation') from late_keys;
select pg_temp.refuses('bergen coordinator', format('public.pause_mentor(pg_temp.id(''late''), ''Ferie'', null, null, %L)', late), 'mentor_not_found', 404,
  'rights are settled first') from late_keys;
select is(
  pg_temp.answer('coordinator', format('public.pause_mentor(pg_temp.id(''late''), ''Ferie'', null, %L, %L) -> ''pause_record'' -> ''version''', version, key)),
  to_jsonb(coalesce(version, 0) + 1), 'carried out: ' || what)
from (
  select timely, null::integer, 'made less than 72 hours ago' from late_keys union all
  select ahead, 1, 'made ahead of the server''s clock' from late_keys union all
  select other_version, 2, 'a UUID of another version' from late_keys union all
  select newest, 3, 'made as late as can be said' from late_keys union all
  select other_variant, 4, 'a UUID of another variant' from late_keys
) k (key, version, what);
insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response, created_at)
select i.caller_id, k.late, i.fingerprint, i.mentor_id, i.response, clock_timestamp() - interval '71 hours'
from late_keys k join private.idempotent_requests i on i.request_id = k.timely;
select is(
  pg_temp.answer('coordinator', format('public.pause_mentor(pg_temp.id(''late''), ''Ferie'', null, null, %L) -> ''pause_record'' -> ''version''', late)),
  '1', 'an answer that is still kept is given again, however old its key') from late_keys;
select is(pg_temp.replayed()::jsonb, '[{"idempotent-replayed": "true"}]', 'and says so');
select pg_temp.refuses('coordinator', format('public.pause_mentor(pg_temp.id(''late''), ''Annet'', null, null, %L)', late), 'idempotency_key_reused', 422,
  'for the same request alone') from late_keys;

update public.chapter_memberships set ended_at = now() where id = pg_temp.id('colleague coordinator in oslo');
select pg_temp.refuses('colleague', $$public.reactivate_mentor(pg_temp.id('repeated'), null, pg_temp.id('request'))$$, 'not_a_coordinator', 403,
  'whose membership has ended gets no stored answer either');

-- The log is complete.

select is_empty(
  $$ select r.id from public.pause_records r join people p on p.id = r.mentor_id
     where array(select l.record_version from public.pause_status_log l where l.pause_record_id = r.id order by l.id)
       <> array(select generate_series(r.first_version, r.version)) $$,
  'each record has one log row for each version, in order');
select is_empty(
  $$ select l.id from (
       select l.*, lag(l.to_status, 1, 'active') over (partition by l.pause_record_id order by l.id) as before
       from public.pause_status_log l join people p on p.id = l.mentor_id) l
     where l.from_status <> l.before $$,
  'each log row begins where the one before ended');
select is_empty(
  $$ select r.id from public.pause_records r join people p on p.id = r.mentor_id
     where r.status <> (select l.to_status from public.pause_status_log l where l.pause_record_id = r.id order by l.id desc limit 1) $$,
  'the last one ends in the record''s status');

select * from finish();
rollback;
