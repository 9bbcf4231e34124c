-- One's own inbox: what is in it, page by page, and what is marked as read; nobody else's.
begin;
\ir _fixtures.psql

select plan(37);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_mentor('kari', 'oslo');
select pg_temp.add_mentor('other', 'oslo');

-- Six for Kari, of which two came at the same moment and one is read; one for the coordinator.
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, created_at, read_at)
select gen_random_uuid(), pg_temp.id(w.who), pg_temp.id('kari'), 'mentor_paused', 'Tittel ' || w.n, 'Tekst "' || w.n || '"',
  now() - w.age * interval '1 hour', case w.n when 3 then now() end
from (values ('kari', 1, 6), ('kari', 2, 5), ('kari', 3, 4), ('kari', 4, 3), ('kari', 5, 3), ('kari', 6, 1), ('coordinator', 7, 2)) w (who, n, age);

create function pg_temp.page(actor text, arguments text default '') returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.inbox_page(' || arguments || ')') $$;
create function pg_temp.titles(page jsonb) returns text
language sql as $$
  select string_agg(replace(m ->> 'title', 'Tittel ', '') || case when m ->> 'read_at' is null then '' else ' read' end, ', ' order by o)
  from jsonb_array_elements(page -> 'messages') with ordinality r (m, o)
$$;
create function pg_temp.message(number integer) returns bigint
language sql as $$ select i.id from public.notification_inbox i where i.title = 'Tittel ' || number $$;
create function pg_temp.marks(actor text, arguments text) returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.mark_read(' || arguments || ')') $$;

select is(pg_temp.titles(pg_temp.page('kari')), '6, 5, 4, 3 read, 2, 1', 'one''s own messages, newest first');
select is(pg_temp.page('kari') -> 'unread', '5', 'and how many are unread');
select is(pg_temp.page('kari') -> 'next_cursor', 'null', 'all on one page');
select is(pg_temp.page('kari') #> '{messages,0}',
  (select to_jsonb(i) - 'recipient_id' from public.notification_inbox i where i.id = pg_temp.message(6)), 'a message has the columns of the table');
select is(pg_temp.titles(pg_temp.page('coordinator')), '7', 'a coordinator has their own, and not the mentor''s');
select is(pg_temp.page(actor), '{"unread": 0, "messages": [], "next_cursor": null}', 'nothing for ' || actor)
from unnest(array['other', 'administrator', 'office', 'nobody at all']) actor;
select is(pg_temp.titles(pg_temp.page('kari', '2')), '6, 5', 'a page');
select is(pg_temp.titles(pg_temp.page('kari', format('2, %L', pg_temp.page('kari', '2') ->> 'next_cursor'))), '4, 3 read', 'the next one, though two came at one moment');
select is(pg_temp.titles(pg_temp.page('kari', format('3, %L', pg_temp.page('kari', '4') ->> 'next_cursor'))), '2, 1', 'of another size');
select is(pg_temp.page('kari', format('3, %L', pg_temp.page('kari', '4') ->> 'next_cursor')) -> 'next_cursor', 'null', 'the last one says so');
select is(pg_temp.page('kari', format('2, %L', pg_temp.page('kari', '4') ->> 'next_cursor')) -> 'unread', '5', 'each says how many are unread');
select pg_temp.refuses('coordinator', format('public.inbox_page(2, %L)', pg_temp.page('kari', '2') ->> 'next_cursor'), 'invalid_request', 400, 'somebody else''s cursor', 'cursor');
select pg_temp.refuses('kari', format('public.inbox_page(%s)', size), 'invalid_request', 400, 'a page of ' || size, 'limit') from unnest(array[0, 201]) size;

-- Marking.

create temporary table known as select pg_temp.message(n) as id, n from generate_series(1, 7) n;
grant select on known to public;
select pg_temp.refuses('coordinator', 'public.mark_read(array(select id from pg_temp.known where n = 6))', 'not_found', 404, 'another''s message');
select pg_temp.refuses('kari', 'public.mark_read(array(select id from pg_temp.known where n = 6) || -1::bigint)', 'not_found', 404, 'one of them absent');
select pg_temp.refuses('kari', call, 'invalid_request', 400, call, 'read')
from unnest(array['public.mark_read()', 'public.mark_read(''{}'')', 'public.mark_read(array[null::bigint])', 'public.mark_read(array[1::bigint], true)',
  'public.mark_read(array(select n::bigint from generate_series(1, 501) n))']) call;
select is(pg_temp.titles(pg_temp.page('kari')), '6, 5, 4, 3 read, 2, 1', 'a refusal marks nothing');
select is(pg_temp.marks('kari', 'array(select id from pg_temp.known where n in (2, 3, 6))'), '{"read": 2, "unread": 3}', 'two were unread');
select is(pg_temp.titles(pg_temp.page('kari')), '6 read, 5, 4, 3 read, 2 read, 1', 'and are read');
select is((select i.read_at from public.notification_inbox i where i.id = pg_temp.message(3)), now(), 'what was read stays as it was read first');
select is(pg_temp.marks('kari', 'everything => true, request_id => pg_temp.id(''key'')'), '{"read": 3, "unread": 0}', 'everything');
select is(pg_temp.page('coordinator') -> 'unread', '1', 'of one''s own');
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
values (gen_random_uuid(), pg_temp.id('kari'), pg_temp.id('kari'), 'return_due', 'Tittel 8', '');
select is(pg_temp.marks('kari', 'everything => true, request_id => pg_temp.id(''key'')'), '{"read": 3, "unread": 0}', 'the same request again gets the first answer');
select is(pg_temp.page('kari') -> 'unread', '1', 'and marks nothing');
select pg_temp.refuses('kari', 'public.mark_read(array(select id from pg_temp.known where n = 1), request_id => pg_temp.id(''key''))', 'idempotency_key_reused', 422, 'the key of another request');

-- Nobody else.

select throws_ok(format($$ select pg_temp.answer(%L, 'public.inbox_page()') $$, actor), '42501', null, actor || ' has no inbox') from unnest(array['anon', 'service_role']) actor;
select is(
  array(select p.proname::text from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname in ('inbox_page', 'mark_read')
    and has_function_privilege('pause_scheduler', p.oid, 'execute')), '{}'::text[], 'nor has the scheduler');
delete from auth.users where id = pg_temp.id('kari');
select pg_temp.refuses('kari', 'public.inbox_page()', 'unauthenticated', 401, 'a login made under an erased id is told nothing');

select * from finish();
rollback;
