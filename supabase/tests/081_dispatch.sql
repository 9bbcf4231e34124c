-- Claiming and recording: leases, fences, and who may. What the function makes of
-- it, with real mail servers and several dispatchers, is tested in Go.
begin;
\ir _fixtures.psql

select plan(50);

-- Roles that the tests may take; the rollback takes them away again.
do $$ begin execute format('grant pause_scheduler, pause_api to %I', current_user); end $$;
-- Nothing but the notifications of this file is due.
update public.notifications set state = 'delivered' where state = 'pending';

select pg_temp.add_chapter('oslo');
select pg_temp.add_mentor('mentor', 'oslo', 'Åse Ødegård');
select pg_temp.add_mentor('lone mentor', 'oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.assign('mentor', 'coordinator');

create function pg_temp.notify(name text, due interval default '0', mentor text default 'mentor', audience text default 'coordinator') returns void
language sql as $$
  insert into public.notifications (id, mentor_id, audience, kind, due_at)
  values (pg_temp.id(name), pg_temp.id(mentor), audience, 'mentor_reactivated', now() + due);
  insert into pg_temp.people (id, name) values (pg_temp.id(name), name); -- for name_of
$$;

-- What a claim got, in short; the claims are kept by name.
create temporary table claims (name text primary key, answer jsonb);
create function pg_temp.claim_as(name text, batch integer default 10, as_of interval default '0', email boolean default false) returns text[]
language sql as $$
  insert into pg_temp.claims (name, answer)
  select name, public.claim_notifications(batch, 60, email, now() + as_of);
  select array(
    select pg_temp.name_of((n ->> 'id')::uuid) || ' to '
      || coalesce((select string_agg(pg_temp.name_of((r ->> 'id')::uuid) || ' (' || (r ->> 'email') || ')', ', ') from jsonb_array_elements(n -> 'recipients') r), 'nobody')
    from pg_temp.claims c cross join jsonb_array_elements(c.answer -> 'notifications') n
    where c.name = claim_as.name order by 1)
$$;
create function pg_temp.token(name text) returns uuid
language sql as $$ select (c.answer ->> 'claim')::uuid from pg_temp.claims c where c.name = token.name $$;

create function pg_temp.text_for(name text, recipient text) returns jsonb
language sql as $$
  select jsonb_build_array(jsonb_build_object('notification_id', pg_temp.id(name), 'recipient_id', pg_temp.id(recipient),
    'recipient_role', 'coordinator', 'chosen_because', 'assigned to the mentor', 'title', 'Tittel', 'body', 'Tekst'))
$$;
create function pg_temp.email_of(name text, recipient text, number integer, more jsonb) returns jsonb
language sql as $$
  select jsonb_build_array(jsonb_build_object('notification_id', pg_temp.id(name), 'recipient_id', pg_temp.id(recipient),
    'recipient_role', 'coordinator', 'chosen_because', 'assigned to the mentor', 'number', number) || more)
$$;
create function pg_temp.settle(claim text, name text, inbox jsonb default null, emails jsonb default null, as_of interval default '0') returns text
language sql as $$
  select concat_ws(' ', 'delivered', r ->> 'delivered', 'retrying', r ->> 'retrying', 'undeliverable', r ->> 'undeliverable',
    'lost', jsonb_array_length(r -> 'lost'))
  from public.record_notifications(pg_temp.token(claim), inbox, emails, array[pg_temp.id(name)], as_of => now() + as_of) r
$$;
create function pg_temp.state(name text) returns text
language sql as $$ select n.state from public.notifications n where n.id = pg_temp.id(name) $$;
create function pg_temp.attempts(name text) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', a.channel, a.number, a.outcome, pg_temp.name_of(a.recipient_id), '-', a.reason)
    from public.notification_attempts a where a.notification_id = pg_temp.id(name) order by a.id)
$$;

-- Claiming.

select pg_temp.notify('later', '1 hour');
select pg_temp.notify('second', '-1 minute');
select pg_temp.notify('first', '-2 minutes');
select pg_temp.notify('third', '-30 seconds');
select is(pg_temp.claim_as('a', 2), array['first to coordinator (off)', 'second to coordinator (off)'], 'the batch is what is due longest');
select is(pg_temp.claim_as('b'), array['third to coordinator (off)'], 'the next claim gets what is left of it');
select is(pg_temp.claim_as('c'), '{}', 'then nothing is due');
select is(pg_temp.claim_as('d', 10, '59 seconds'), '{}', 'during the lease neither');
select is(pg_temp.claim_as('e', 10, '61 seconds'),
  array['first to coordinator (off)', 'second to coordinator (off)', 'third to coordinator (off)'], 'when it has run out, all of it again');
select is((select c.answer #> '{notifications,0}' from claims c where c.name = 'a') - '{id,recipients}'::text[],
  jsonb_build_object('mentor_id', pg_temp.id('mentor'), 'mentor_name', 'Åse Ødegård', 'kind', 'mentor_reactivated', 'audience', 'coordinator',
    'reference_on', null, 'happened_on', pg_temp.today(), 'expected_return_date', null,
    'is_paused', false, 'is_expired', false, 'is_renewed', false, 'correction', null, 'certification', null, 'is_missing', false,
    'is_changed', false, 'leave_request', null, 'mentors', null), 'a claim has what the text is made from');

-- Recording.

select is(pg_temp.settle('a', 'first', pg_temp.text_for('first', 'coordinator')), 'delivered 0 retrying 0 undeliverable 0 lost 1',
  'who has lost the lease records nothing');
select is(array[pg_temp.state('first'), pg_temp.attempts('first')::text], array['pending', '{}'], 'indeed');
select is(pg_temp.settle('e', 'first', pg_temp.text_for('first', 'coordinator')), 'delivered 1 retrying 0 undeliverable 0 lost 0', 'who has it does');
select is(pg_temp.state('first'), 'delivered', 'it is delivered');
select is(pg_temp.attempts('first'), array['inbox 1 delivered coordinator - assigned to the mentor'], 'the ledger says to whom and why');
select is((select i.title || ' ' || i.body from public.notification_inbox i where i.notification_id = pg_temp.id('first')), 'Tittel Tekst', 'the inbox has it');
select is(pg_temp.settle('e', 'first', pg_temp.text_for('first', 'coordinator')), 'delivered 0 retrying 0 undeliverable 0 lost 1', 'a second time');
select is(
  array[(select count(*) from public.notification_inbox i where i.notification_id = pg_temp.id('first')), cardinality(pg_temp.attempts('first'))],
  array[1, 1]::bigint[], 'writes nothing twice');
select is(
  public.record_notifications(pg_temp.token('e'), released => array[pg_temp.id('second')], as_of => now()) -> 'lost', '[]', 'what there was no time for is given back');
select is(pg_temp.claim_as('f', 10, '20 seconds'), array['second to coordinator (off)'], 'and due at once');

-- (Due at once is by the clock, which in a slow transaction is some way ahead of now().)

-- Who it is for is decided again each time.

update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('coordinator');
select is(pg_temp.claim_as('g', 10, '5 minutes'), array['second to nobody', 'third to nobody'], 'nobody is left');
select is(pg_temp.settle('g', 'second'), 'delivered 0 retrying 0 undeliverable 1 lost 0', 'that is undeliverable');
select is(pg_temp.attempts('second'), array['inbox 1 no_recipient - no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator'],
  'and says why');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select is(pg_temp.settle('g', 'third'), 'delivered 0 retrying 1 undeliverable 0 lost 0', 'who came since the claim is not passed over');
select is(pg_temp.claim_as('h', 10, '10 minutes'), array['third to administrator (off)'], 'but gets it the next time');
select is(pg_temp.settle('h', 'third', pg_temp.text_for('third', 'administrator')), 'delivered 1 retrying 0 undeliverable 0 lost 0', 'in place of a coordinator');
update public.notifications set state = 'pending', due_at = now() where id = pg_temp.id('second');
select is(pg_temp.claim_as('i', 10, '20 seconds'), array['second to administrator (off)'], 'what is queued again is due at once');
select is(pg_temp.settle('i', 'second', pg_temp.text_for('second', 'administrator')), 'delivered 1 retrying 0 undeliverable 0 lost 0', 'and is delivered');

select pg_temp.notify('of the mentor', '0', 'mentor', 'mentor');
select pg_temp.notify('of administrators', '0', 'lone mentor', 'administrator');
select is(pg_temp.claim_as('j', 10, '20 seconds'), array['of administrators to administrator (off)', 'of the mentor to mentor (off)'],
  'mentors and administrators get what is meant for them');
update public.notifications set state = 'delivered', claim = null where state = 'pending';

insert into public.notifications (id, mentor_id, audience, kind, due_at) values
  (pg_temp.id('of a stranger'), pg_temp.id('stranger'), 'coordinator', 'mentor_reactivated', now());
insert into people (id, name) values (pg_temp.id('of a stranger'), 'of a stranger');
select is(pg_temp.claim_as('s', 10, '20 seconds'), array['of a stranger to nobody'], 'a mentor who isn''t there gets nothing');
select is(pg_temp.settle('s', 'of a stranger'), 'delivered 0 retrying 0 undeliverable 1 lost 0', 'and that comes to an end, too');

-- E-mails.

update public.chapter_memberships set ended_at = null where user_id = pg_temp.id('coordinator');
select pg_temp.notify('by e-mail');
select is(pg_temp.claim_as('k', 10, '20 seconds', true), array['by e-mail to coordinator (send)'], 'an e-mail is to be sent');
select is((select c.answer #>> '{notifications,0,recipients,0,address}' from claims c where c.name = 'k'), pg_temp.id('coordinator') || '@pgtap.example',
  'to the address in Supabase Auth');
select is((select c.answer #> '{notifications,0,recipients,0,address}' from claims c where c.name = 'e'), 'null', 'which is told only for e-mails');
select is(
  pg_temp.settle('k', 'by e-mail', pg_temp.text_for('by e-mail', 'coordinator'),
    pg_temp.email_of('by e-mail', 'coordinator', 1, '{"sent": false, "permanent": false, "failure": "451 <kari@pgtap.example> greylisted"}'), '20 seconds'),
  'delivered 0 retrying 1 undeliverable 0 lost 0', 'refused for now: it is tried again');
select is(pg_temp.attempts('by e-mail'),
  array['inbox 1 delivered coordinator - assigned to the mentor', 'email 1 failed coordinator - 451 <(address)> greylisted'], 'the ledger keeps no address');
select ok((select a.retry_at between now() + interval '64 seconds' and now() + interval '96 seconds' from public.notification_attempts a
  where a.notification_id = pg_temp.id('by e-mail') and a.channel = 'email'), 'after about a minute');
select is(pg_temp.claim_as('l', 10, '2 minutes', true), array['by e-mail to coordinator (send)'], 'it is due then');
select is((select c.answer #> '{notifications,0,recipients,0}' from claims c where c.name = 'l') -> 'number', '2', 'as the second try');
select is((select c.answer #> '{notifications,0,recipients,0}' from claims c where c.name = 'l') -> 'has_it', 'true', 'and is in the inbox already');
select is(
  pg_temp.settle('l', 'by e-mail', null, pg_temp.email_of('by e-mail', 'coordinator', 2, jsonb_build_object('sent', false, 'permanent', true,
    'failure', '550 unknown', 'address_refused', true, 'address', upper(pg_temp.id('coordinator') || '@pgtap.example'))), '2 minutes'),
  'delivered 1 retrying 0 undeliverable 0 lost 0', 'refused for good: by the inbox it is delivered');
select pg_temp.notify('to the refused');
select is(pg_temp.claim_as('m', 10, '3 minutes', true), array['to the refused to coordinator (refused_before)'], 'the address is remembered');
select is(pg_temp.claim_as('n', 10, '31 days', true), array['to the refused to coordinator (send)'], 'for 30 days');
update auth.users set email = 'new@pgtap.example' where id = pg_temp.id('coordinator');
select is(pg_temp.claim_as('o', 10, '32 days', true), array['to the refused to coordinator (send)'], 'or until there is another');
select is(private.next_email_try(15, now()), null, 'the fifteenth try is the last');

-- Who may.

-- How the statement ends for the role, which reaches neither pgTAP nor anything else here.
create function pg_temp.ends(role text, statement text) returns text
language plpgsql as $$
declare
  outcome text := 'well';
begin
  perform set_config('role', role, true);
  begin
    execute statement;
  exception when others then
    outcome := sqlstate;
  end;
  perform pg_temp.sign_out();
  return outcome;
end
$$;
select is(pg_temp.ends(r.role, r.statement), r.outcome, r.role || ' and ' || r.statement)
from (values
  ('pause_scheduler', 'select public.claim_notifications()', 'well'),
  ('pause_scheduler', 'select public.record_notifications(gen_random_uuid(), finished => array[gen_random_uuid()])', 'well'),
  ('pause_scheduler', 'select 1 from public.notifications', '42501'),
  ('pause_scheduler', 'select 1 from auth.users', '42501'),
  ('authenticated', 'select public.claim_notifications()', '42501'),
  ('authenticated', 'select public.record_notifications(gen_random_uuid())', '42501'),
  ('service_role', 'select public.claim_notifications()', '42501'),
  ('anon', 'select public.claim_notifications()', '42501'),
  ('pause_api', 'select public.claim_notifications()', '42501')
) r (role, statement, outcome);

select * from finish();
rollback;
