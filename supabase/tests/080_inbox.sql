-- The inbox: read by its recipient alone, who may say that it was read; and the
-- ledger, which nobody changes.
begin;
\ir _fixtures.psql

select plan(25);

select pg_temp.add_chapter('oslo');
select pg_temp.add_mentor('mentor', 'oslo', 'Åse Hemmelig');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.assign('mentor', 'coordinator');
insert into public.notifications (id, mentor_id, audience, kind)
values (pg_temp.id('n'), pg_temp.id('mentor'), 'coordinator', 'mentor_paused');
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
select pg_temp.id('n'), pg_temp.id(name), pg_temp.id('mentor'), 'mentor_paused', 'Åse Hemmelig er satt på pause', 'Åse Hemmelig er satt på pause.'
from unnest(array['coordinator', 'colleague', 'mentor']) name;

-- The recipient.

select pg_temp.sign_in('coordinator');
select is((select count(*) from public.notification_inbox), 1::bigint, 'the recipient sees their own row, and no other');
select isnt_empty(
  $$ update public.notification_inbox set read_at = now() where notification_id = pg_temp.id('n') returning 1 $$, 'and says that it was read');
select isnt_empty(
  $$ update public.notification_inbox set read_at = null where notification_id = pg_temp.id('n') returning 1 $$, 'or is unread again');
select throws_ok(
  format('update public.notification_inbox set %I = %s', c.name, c.value), '42501', null, 'but changes no ' || c.name)
from (values ('title', $$'x'$$), ('body', $$'x'$$), ('recipient_id', 'mentor_id'), ('mentor_id', 'recipient_id'), ('created_at', 'now()'), ('kind', $$'x'$$),
  ('notification_id', 'mentor_id')) c (name, value);
select throws_ok('delete from public.notification_inbox', '42501', null, 'and removes nothing');
select is_empty(
  $$ update public.notification_inbox set read_at = now() where recipient_id = pg_temp.id('colleague') returning 1 $$,
  'they can''t reach somebody else''s inbox');
select pg_temp.sign_out();
select is(
  (select count(*) from public.notification_inbox where read_at is not null), 0::bigint, 'where it is still unread');

select throws_ok(format($$ select pg_temp.become(%L); select count(*) from public.notification_inbox; $$, 'anon'), '42501', null, 'anon sees nothing');
select pg_temp.use_role('service_role');
select is((select count(*) from public.notification_inbox where notification_id = pg_temp.id('n')), 3::bigint, 'service_role sees all');
select throws_ok('update public.notification_inbox set read_at = now()', '42501', null, 'and changes nothing');
select pg_temp.sign_out();

-- Once per recipient, and kept.

select pg_temp.violates(
  $$ insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
     values (pg_temp.id('n'), pg_temp.id('mentor'), pg_temp.id('mentor'), 'mentor_paused', 'x', 'x') $$,
  '23505', 'notification_inbox_once_per_recipient', 'nobody gets the same notification twice');
select throws_ok('truncate public.notification_inbox', '23001', null, 'the inboxes are not emptied');

insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
values (pg_temp.id('n'), pg_temp.id('mentor'), 'mentor_paused', 'inbox', 'no_recipient', 'nobody');
select throws_ok(statement, '23001', null, 'the ledger refuses, for the owner too: ' || statement)
from unnest(array['update public.notification_attempts set reason = reason', 'delete from public.notification_attempts',
  'truncate public.notification_attempts']) statement;
select pg_temp.violates(
  $$ insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
     values (pg_temp.id('n'), pg_temp.id('mentor'), 'mentor_paused', 'inbox', 'delivered', 'x') $$,
  '23514', 'notification_attempts_has_recipient', 'who got something is named');

-- Realtime, where the project has it.

select is(
  (select count(*) from pg_publication_tables where pubname = 'supabase_realtime' and tablename = 'notification_inbox'),
  (select count(*) from pg_publication where pubname = 'supabase_realtime'), 'the app hears of new rows');

-- Erasure.

insert into private.refused_addresses (person_id, address_hash, refused_at)
values (pg_temp.id('coordinator'), private.hash_address('x@pgtap.example'), now());
delete from auth.users where id = pg_temp.id('coordinator');
select is(
  array[(select count(*) from public.notification_inbox where recipient_id = pg_temp.id('coordinator')),
    (select count(*) from private.refused_addresses where person_id = pg_temp.id('coordinator'))],
  array[0, 0]::bigint[], 'an erased person''s inbox and remembered address go');
delete from auth.users where id = pg_temp.id('mentor');
select results_eq(
  $$ select recipient_id, title, body from public.notification_inbox where mentor_id = pg_temp.id('mentor') $$,
  $$ select pg_temp.id('colleague'), 'Slettet person', '' $$, 'an erased mentor''s name goes from the inboxes of others');

select * from finish();
rollback;
