-- Many mentors at once: each by the rules of one, in one transaction. That each outcome is
-- that of a call for one is compared over random mentors in Go.
begin;
\ir _fixtures.psql

select plan(53);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('kari', 'oslo');
select pg_temp.add_coordinator('per', 'oslo');
select pg_temp.add_coordinator('berit', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_person('nobody');
select pg_temp.add_mentor(m, 'oslo') from unnest(array['one', 'two', 'three', 'paused', 'planned', 'expired', 'left']) m;
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.certify('expired', -1);
update public.chapter_memberships set ended_at = now() - interval '1 hour' where user_id = pg_temp.id('left');
select pg_temp.answer('kari', format('public.pause_mentor(%L, ''Ferie'')', pg_temp.id('paused')));
select pg_temp.answer('kari', format('public.plan_pause(%L, ''Ferie'', %L)', pg_temp.id('planned'), pg_temp.today() + 30));
update public.notifications set state = 'delivered';

create function pg_temp.ids(variadic names text[]) returns uuid[]
language sql as $$ select array(select pg_temp.id(n) from unnest(names) with ordinality u (n, place) order by place) $$;
create temporary table answers (place integer generated always as identity, name text, answer jsonb);
create function pg_temp.at_once(actor text, names text[], more text default '', reason text default 'Eksamen') returns text[]
language plpgsql as $$
declare result jsonb;
begin
  perform set_config('response.headers', '', true);
  result := pg_temp.answer(actor, format('public.pause_mentors(%L::uuid[], %L%s)', array(select pg_temp.id(n) from unnest(names) with ordinality u (n, place) order by place), reason, more));
  insert into pg_temp.answers (name, answer) values (actor, result);
  return array(
    select concat_ws(' ', pg_temp.name_of((r ->> 'mentor_id')::uuid), r ->> 'outcome', r ->> 'code', r #>> '{pause_record,status}',
      'v' || (r #>> '{pause_record,version}'))
    from jsonb_array_elements(result -> 'results') with ordinality e (r, place) order by place);
end
$$;

-- The keys of single changes: the test vectors of RFC 9562 (appendix A.4 has one about a name
-- that is no id), and others of Python's uuid module.

select is(private.request_id_of('6ba7b810-9dad-11d1-80b4-00c04fd430c8', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
  '4cbce65e-cfcd-541c-b23c-74415552d2be', 'a key of version 5');
select is(extensions.uuid_generate_v5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  'the vector of RFC 9562');
select is(private.request_id_of('F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6', 'AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA'),
  private.request_id_of('f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa'), 'the name is in lower case');
select is(private.request_id_of(null, pg_temp.id('one')), null, 'none without the batch''s');

-- Who, and what, at all.

select pg_temp.refuses('kari', format('public.pause_mentors(%L, ''Ferie'')', ids), 'invalid_request', 400, what, 'mentor_ids')
from (values
  ('{}'::uuid[], 'nobody'), (pg_temp.ids('one', 'one'), 'the same twice'), (array[pg_temp.id('one'), null], 'a null'),
  (array[pg_temp.ids('one', 'two')], 'not a list of lists'), (array(select gen_random_uuid() from generate_series(1, 501)), 'more than 500')) c (ids, what);
select pg_temp.refuses('kari', format('public.pause_mentors(%L, %L, %s, %s)', pg_temp.ids('one'), c.reason, c.starts_on, c.back), 'invalid_request', 400, what, c.field)
from (values
  (' ', 'null', 'null', 'no reason', 'pause_reason'), (repeat('a', 501), 'null', 'null', 'a long one', 'pause_reason'), (E'\u200b', 'null', 'null', 'one that nobody sees', 'pause_reason'),
  ('Ferie', 'null', 'pg_temp.today()', 'a return today', 'expected_return_date'), ('Ferie', 'null', 'pg_temp.today() + 1200', 'a late return', 'expected_return_date'),
  ('Ferie', 'pg_temp.today()', 'null', 'a plan for today', 'starts_on'), ('Ferie', 'pg_temp.today() + 400', 'null', 'a plan in over a year', 'starts_on'),
  ('Ferie', 'pg_temp.today() + 9', 'pg_temp.today() + 9', 'a return on the first day', 'expected_return_date')) c (reason, starts_on, back, what, field);
select pg_temp.refuses('nobody', format('public.pause_mentors(%L, ''Ferie'')', pg_temp.ids('one')), 'not_a_coordinator', 403, 'who coordinates nothing');
select pg_temp.refuses('one', format('public.pause_mentors(%L, ''Ferie'')', pg_temp.ids('one')), 'not_a_coordinator', 403, 'a mentor');
select throws_ok($$ select pg_temp.answer('anon', 'public.pause_mentors(null, ''Ferie'')') $$, '42501', null, 'nor anon');

-- A dry run says what the real run does.

create temporary table before as select pg_temp.written() as written, (select count(*) from private.idempotent_requests) as stored,
  (select count(*) from private.notification_mentors) as told;
select is(pg_temp.at_once('kari', array['two', 'nobody', 'paused', 'expired', 'bergen mentor', 'one', 'left', 'planned'], ', dry_run => true, request_id => pg_temp.id(''key'')'),
  array['two paused', 'nobody refused mentor_not_found', 'paused refused already_paused', 'expired paused', 'bergen mentor refused mentor_not_found', 'one paused',
    'left refused mentor_not_found', 'planned paused'], 'a dry run, in the order given');
select is((select (b.written, b.stored, b.told) from before b), (pg_temp.written(), (select count(*) from private.idempotent_requests), (select count(*) from private.notification_mentors)),
  'writes nothing at all');
select is(pg_temp.records('expired'), '{}', 'not even what has lapsed');
select is(pg_temp.at_once('kari', array['two', 'nobody', 'paused', 'expired', 'bergen mentor', 'one', 'left', 'planned'], ', request_id => pg_temp.id(''key'')'),
  array['two paused paused v1', 'nobody refused mentor_not_found', 'paused refused already_paused', 'expired paused expired_cert v2', 'bergen mentor refused mentor_not_found', 'one paused paused v1',
    'left refused mentor_not_found', 'planned paused paused v1'], 'the real run does the same');

select is(pg_temp.log('one'), array['active>paused v1 by coordinator kari from day 0'], 'logged as by one');
select is(pg_temp.log('expired'), array['active>expired_cert v1 by system - from day 0', 'expired_cert>expired_cert v2 by coordinator kari from day 0'], 'what lapsed before is said first');
select is((select array[r.pause_reason, r.coordinator_id::text, r.open_since::text, r.effective_on::text] from public.pause_records r where r.mentor_id = pg_temp.id('one')),
  array['Eksamen', pg_temp.id('kari')::text, pg_temp.today()::text, pg_temp.today()::text], 'with everything a record has');
select is((select count(*)::int from public.planned_pauses where mentor_id = pg_temp.id('planned')), 1, 'a plan ahead stays');
select is(pg_temp.outbox('one'), array['mentor_paused v1 to mentor'], 'each mentor is told');
select is(array(select n.audience || ' ' || pg_temp.name_of(g.mentor_id) || ' v' || g.record_version from public.notifications n join private.notification_mentors g on g.notification_id = n.id
    where n.kind = 'several_paused' order by 1), array['coordinator expired v2', 'coordinator one v1', 'coordinator planned v1', 'coordinator two v1'], 'and the coordinators of all together');
select is(current_setting('response.headers', true), '', 'not a repetition');

-- Repeated.

create temporary table after as select pg_temp.written() as written;
select is(pg_temp.at_once('kari', array['one', 'two', 'paused'], ', request_id => pg_temp.id(''key'')'),
  array['one paused paused v1', 'two paused paused v1', 'paused refused already_paused'], 'a few taken out, another order: the first result');
select is(current_setting('response.headers', true), '', 'not all of it was answered before');
select is((select a.answer #> '{results,0}' from answers a where a.place = 3), (select a.answer #> '{results,5}' from answers a where a.place = 2), 'to the letter');
select is(pg_temp.at_once('kari', array['two', 'one'], ', request_id => pg_temp.id(''key'')'), array['two paused paused v1', 'one paused paused v1'], 'all of it was');
select is(current_setting('response.headers', true)::jsonb, '[{"idempotent-replayed": "true"}]', 'and that is said');
select is((select a.written from after a), pg_temp.written(), 'nothing is done twice');
select is(pg_temp.at_once('kari', array['one', 'three'], ', request_id => pg_temp.id(''key'')'), array['one paused paused v1', 'three paused paused v1'], 'others may be put in');
select is(pg_temp.at_once('kari', array['one'], ', dry_run => true, request_id => pg_temp.id(''key'')'), array['one paused'], 'a dry run of a repetition repeats');
select pg_temp.refuses('kari', format('public.pause_mentors(%L, ''Reise'', request_id => %L)', pg_temp.ids('one'), pg_temp.id('key')), 'idempotency_key_reused', 422, 'another reason');
select pg_temp.refuses('kari', format('public.pause_mentors(%L, ''Eksamen'', %L, request_id => %L)', pg_temp.ids('left'), pg_temp.today() + 9, pg_temp.id('key')), 'idempotency_key_reused', 422, 'another day, of somebody else');
select is(pg_temp.answer('kari', format('public.pause_mentor(%L, ''Eksamen'', request_id => %L)', pg_temp.id('one'), private.request_id_of(pg_temp.id('key'), pg_temp.id('one')))) #>> '{pause_record,version}',
  '1', 'one by one, with the keys that follow from it, neither');
select is(pg_temp.at_once('per', array['one', 'two'], ', request_id => pg_temp.id(''key'')'), array['one refused already_paused', 'two refused already_paused'], 'somebody else''s key is another');
select pg_temp.refuses('kari', format('public.pause_mentors(%L, ''Ferie'', request_id => ''01890000-0000-7000-8000-000000000000'')', pg_temp.ids('one')), 'request_expired', 409, 'a key of long ago');
-- Tomorrow the return date has come; what was done stays answered.
select pg_temp.at_once('kari', array['bergen mentor', 'left'], ', request_id => pg_temp.id(''nothing'')');
select is((select count(*)::int from private.idempotent_requests i where i.request_id = pg_temp.id('nothing')), 0, 'a batch that changed nothing keeps no answer');
insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('oslo'), pg_temp.id('left'), 'mentor');
update private.idempotent_requests i set fingerprint = case when i.mentor_id is null
    then private.fingerprint('pause_mentors', jsonb_build_array('Eksamen', null::date, pg_temp.today()))
    else sha256(convert_to(jsonb_build_array('pause_mentor', i.mentor_id, 'Eksamen', pg_temp.today(), null)::text, 'UTF8')) end
where i.caller_id = pg_temp.id('kari') and (i.request_id = pg_temp.id('key') or i.mentor_id = any (pg_temp.ids('one', 'two')));
select is(pg_temp.at_once('kari', array['one', 'left', 'bergen mentor'], ', expected_return_date => pg_temp.today(), request_id => pg_temp.id(''key'')'),
  array['one paused paused v1', 'left refused invalid_request', 'bergen mentor refused mentor_not_found'], 'what is no longer possible is refused for the others alone');
-- Rights come first.
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('one');
select is(pg_temp.at_once('kari', array['one', 'two'], ', expected_return_date => pg_temp.today(), request_id => pg_temp.id(''key'')'),
  array['one refused mentor_not_found', 'two paused paused v1'], 'of whom is theirs no more, not even that');

-- Plans.

select pg_temp.add_mentor(m, 'oslo') from unnest(array['four', 'five']) m;
select is(pg_temp.at_once('kari', array['four', 'two', 'five', 'paused'], ', starts_on => pg_temp.today() + 9, expected_return_date => pg_temp.today() + 20, request_id => pg_temp.id(''plan'')'),
  array['four planned', 'two refused already_paused', 'five planned', 'paused refused already_paused'], 'planned');
select is((select array[q.pause_reason, q.coordinator_id::text, (q.starts_on - pg_temp.today())::text, (q.expected_return_date - pg_temp.today())::text, q.version::text]
    from public.planned_pauses q where q.mentor_id = pg_temp.id('four')), array['Eksamen', pg_temp.id('kari')::text, '9', '20', '1'], 'with everything a plan has');
select is(pg_temp.outbox('four'), array['pause_planned v1 to mentor'], 'each mentor is told of the plan');
select is(pg_temp.at_once('kari', array['four', 'five'], ', starts_on => pg_temp.today() + 9, expected_return_date => pg_temp.today() + 20, request_id => pg_temp.id(''plan'')'),
  array['four planned', 'five planned'], 'repeated');
select is(pg_temp.at_once('kari', array['four'], ', starts_on => pg_temp.today() + 10'), array['four refused already_exists'], 'a second plan');
select is(pg_temp.at_once('office', array['bergen mentor', 'four'], ''), array['bergen mentor paused paused v1', 'four paused paused v1'], 'the office pauses everywhere');

select * from finish();
rollback;
