-- What administrators see of notifications that did not arrive, and acknowledge.
begin;
\ir _fixtures.psql

select plan(28);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_mentor('mentor', 'oslo', 'Åse Ødegård');
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Kari');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');

create function pg_temp.undeliverable(name text, mentor text, audience text, reason text) returns void
language sql as $$
  insert into public.notifications (id, mentor_id, audience, kind, state)
  values (pg_temp.id(name), pg_temp.id(mentor), audience, 'mentor_paused', 'undeliverable');
  insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
  values (pg_temp.id(name), pg_temp.id(mentor), 'mentor_paused', 'inbox', 'no_recipient', reason);
$$;
create function pg_temp.email(name text, number integer, outcome text, reason text, retry_at timestamptz default null) returns void
language sql as $$
  insert into public.notification_attempts
    (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, number, retry_at)
  values (pg_temp.id(name), pg_temp.id('mentor'), 'mentor_paused', pg_temp.id('coordinator'), 'coordinator', 'email', outcome, reason,
    'assigned to the mentor', number, retry_at);
$$;

select pg_temp.undeliverable('nobody', 'mentor', 'coordinator', 'no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator');
select pg_temp.undeliverable('elsewhere', 'bergen mentor', 'administrator', 'the chapter has no active administrator');

select pg_temp.sign_in('administrator');
select is((select count(*) from public.undelivered_notifications), 1::bigint, 'an administrator sees those of the chapter');
select is(
  (select concat_ws('|', mentor_name, kind, audience, channel, reason, acknowledged_at) from public.undelivered_notifications),
  'Åse Ødegård|mentor_paused|coordinator|inbox|no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator',
  'with mentor, kind and reason');
select matches((select to_fix from public.undelivered_notifications), '^Assign an active coordinator', 'and what to fix');
select is((select fix from public.undelivered_notifications), 'assign_coordinator', 'as a code too');
select pg_temp.sign_in('coordinator');
select is((select count(*) from public.undelivered_notifications), 0::bigint, 'a coordinator sees none');
select pg_temp.sign_out();
select throws_ok($$ select pg_temp.become('anon'); select * from public.undelivered_notifications $$, '42501', null, 'anon may not look');
select pg_temp.sign_out();

-- E-mails that fail.

select pg_temp.email('first', 1, 'failed', '451 busy', now());
create function pg_temp.failing() returns text[]
language sql as $$
  select array(select u ->> 'recipient_name' || ': ' || (u ->> 'reason')
    from jsonb_array_elements(pg_temp.answer('administrator', $q$(select coalesce(jsonb_agg(v), '[]') from public.undelivered_notifications v where v.channel = 'email')$q$)) u)
$$;
select is(pg_temp.failing(), '{}', 'what is still tried is nobody''s concern');
select pg_temp.email('first', 2, 'failed', '550 unknown');
select pg_temp.email('second', 1, 'failed', 'the address was refused before, and nothing is sent there until it changes');
select is(pg_temp.failing(), array['Kari: the address was refused before, and nothing is sent there until it changes'], 'one line a person, the last');
select matches(
  pg_temp.answer('administrator', $q$(select to_fix from public.undelivered_notifications where channel = 'email')$q$) #>> '{}', '^Correct this person', 'with what to fix');
select is(pg_temp.answer('administrator', $q$(select fix from public.undelivered_notifications where channel = 'email')$q$) #>> '{}', 'correct_or_allow_address', 'and its code');
select is(
  pg_temp.answer('bergen administrator', $q$(select count(*) from public.undelivered_notifications where channel = 'email')$q$), '0', 'for their administrators only');
select pg_temp.email('third', 1, 'delivered', 'assigned to the mentor');
select is(pg_temp.failing(), '{}', 'until an e-mail gets through');

-- Acknowledging.

create function pg_temp.counted() returns jsonb
language sql as $$ select pg_temp.answer('administrator', $q$public.coordinator_roster() #> '{summary,undelivered_notifications}'$q$) $$;
select is(pg_temp.counted(), '1', 'the roster counts it');
select pg_temp.refuses(r.actor, format('public.acknowledge_undelivered(pg_temp.id(%L))', r.name), 'not_an_administrator', 403, r.what)
from (values
  ('coordinator', 'nobody', 'a coordinator doesn''t acknowledge'),
  ('mentor', 'nobody', 'nor does the mentor')
) r (actor, name, what);
select pg_temp.refuses(r.actor, format('public.acknowledge_undelivered(pg_temp.id(%L))', r.name), 'not_found', 404, r.what)
from (values
  ('bergen administrator', 'nobody', 'nor another chapter''s administrator'),
  ('administrator', 'elsewhere', 'nor does one reach into another chapter'),
  ('administrator', 'nowhere', 'nor what isn''t there')
) r (actor, name, what);
select pg_temp.refuses('administrator', 'public.acknowledge_undelivered()', 'invalid_request', 400, 'it has to be named', 'notification_id');
select pg_temp.sign_in('administrator');
select lives_ok($$ select public.acknowledge_undelivered(pg_temp.id('nobody')) $$, 'an administrator of the mentor''s chapter does');
select pg_temp.sign_out();
select is(pg_temp.counted(), '0', 'and it is not counted any more');
create temporary table acknowledged as select acknowledged_at from public.notifications where id = pg_temp.id('nobody');
select pg_temp.answer('administrator', $$public.acknowledge_undelivered(pg_temp.id('nobody'))$$);
select is((select n.acknowledged_at from public.notifications n where n.id = pg_temp.id('nobody')), (select acknowledged_at from acknowledged),
  'a second time changes nothing');
select pg_temp.sign_in('administrator');
select isnt((select acknowledged_at from public.undelivered_notifications where id = pg_temp.id('nobody')), null, 'the view says when');
select pg_temp.sign_out();

-- Repeated by its key.
select pg_temp.undeliverable(name, 'mentor', 'coordinator', 'nobody') from unnest(array['by key', 'by no key']) name;
create function pg_temp.acknowledge(name text) returns jsonb
language sql as $$ select pg_temp.answer('administrator', format('private.acknowledge_undelivered(%L, %L)', pg_temp.id(name), pg_temp.id('key'))) $$;
select is(pg_temp.acknowledge('by key'), jsonb_build_object('acknowledge', jsonb_build_object('notification_id', pg_temp.id('by key'))), 'the functions get an answer');
select set_config('response.headers', '', true);
select is(pg_temp.acknowledge('by key'), jsonb_build_object('acknowledge', jsonb_build_object('notification_id', pg_temp.id('by key'))), 'a repeated request the same');
select is(current_setting('response.headers', true), '[{"idempotent-replayed": "true"}]', 'which the headers say');
select pg_temp.refuses('administrator', format('public.acknowledge_undelivered(%L, %L)', pg_temp.id('by no key'), pg_temp.id('key')), 'idempotency_key_reused', 422, 'the key is for this notification only');
select is(pg_temp.counted(), '1', 'so that the other one stays');

select * from finish();
rollback;
