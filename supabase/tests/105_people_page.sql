-- The page of one's people: who is on it, for whom, in which order; and national identity
-- numbers, wherever they are written.
begin;
\ir _fixtures.psql

select plan(28);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Pgtap Berit');
select pg_temp.add_person('administrator', 'Pgtap Anne');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office', 'Pgtap Kontor');
select pg_temp.appoint('office');
select pg_temp.add_mentor('øyvind', 'oslo', 'Pgtap Øyvind');
select pg_temp.add_mentor('åse', 'oslo', 'Pgtap Åse');
select pg_temp.add_mentor('bergen mentor', 'bergen', 'Pgtap Bjørg');
select pg_temp.add_person('left', 'Pgtap Leif');
select pg_temp.join_chapter('left', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.add_person('moved', 'Pgtap Mona');
select pg_temp.join_chapter('moved', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.join_chapter('moved', 'mentor', 'bergen');
select pg_temp.add_person('coming', 'Pgtap Kari');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values (pg_temp.id('oslo'), pg_temp.id('coming'), 'mentor', now() + interval '9 days');
select pg_temp.add_person('outside', 'Pgtap Ute');
select pg_temp.add_mentor('gone', 'oslo', 'Pgtap Gunn');
delete from auth.users where id = pg_temp.id('gone');
insert into public.contacts (person_id, phone) select p.id, '+47900000' || lpad(row_number() over (order by p.name)::text, 2, '0') from people p where p.name <> 'gone';
insert into public.external_ids values ('pgtap', '1', pg_temp.id('coordinator'));

create function pg_temp.page(actor text, arguments text default '') returns text
language sql as $$
  select string_agg(replace(p ->> 'display_name', 'Pgtap ', ''), ', ' order by o)
  from jsonb_array_elements(pg_temp.answer(actor, 'public.people_page(' || arguments || ') -> ''people''')) with ordinality r (p, o)
$$;

select is(pg_temp.page('administrator'), 'Anne, Berit, Kari, Leif, Øyvind, Åse', 'an administrator sees the chapter''s people, in Norwegian order: who is to come, and who left last, too');
select is(pg_temp.page('coordinator'), 'Anne, Berit, Kari, Leif, Øyvind, Åse', 'as does a coordinator');
select is(pg_temp.page('office', $$search => 'pgtap'$$), 'Anne, Berit, Bjørg, Kari, Kontor, Leif, Mona, Ute, Øyvind, Åse', 'the office sees everybody, and nobody who was erased');
select is(pg_temp.page('office', $$chapter_id => pg_temp.id('bergen')$$), 'Bjørg, Mona', 'one chapter');
select is(pg_temp.page('administrator', $$role => 'mentor'$$), 'Kari, Øyvind, Åse', 'one role, of those who have it or will');
select is(pg_temp.page('administrator', $$role => 'administrator'$$), 'Anne', 'another');
select is(pg_temp.page('administrator', $$search => 'ØYV'$$), 'Øyvind', 'a part of a name, in any case');
select is(pg_temp.page('administrator', $$search => 'å'$$), 'Åse', 'however short');
select is(pg_temp.page('administrator', $$search => 'oyvind'$$), 'Øyvind', 'without its accents');
select is(pg_temp.page('administrator', $$search => 'mona'$$), null, 'nobody of another chapter');
select is(pg_temp.page('administrator', $$page_limit => 2$$), 'Anne, Berit', 'a page');
select is(
  pg_temp.page('administrator', format($$page_limit => 2, page_cursor => %L$$, pg_temp.answer('administrator', 'public.people_page(page_limit => 2) ->> ''next_cursor''') #>> '{}')),
  'Kari, Leif', 'and the next one');
select is(pg_temp.answer('administrator', $$public.people_page(page_limit => 6) ->> 'next_cursor'$$), null, 'the last one says so');
select pg_temp.refuses('coordinator', format('public.people_page(page_limit => 2, page_cursor => %L)', pg_temp.answer('administrator', 'public.people_page(page_limit => 2) ->> ''next_cursor''') #>> '{}'),
  'invalid_request', 400, 'somebody else''s cursor', 'cursor');
select pg_temp.refuses('administrator', $$public.people_page(page_limit => 201)$$, 'invalid_request', 400, 'too many', 'limit');
select pg_temp.refuses('administrator', $$public.people_page(role => 'boss')$$, 'invalid_request', 400, 'no role', 'role');
select pg_temp.refuses('administrator', $$public.people_page(search => '01019010046')$$, 'invalid_request', 400, 'a number is not searched for', 'search');
select pg_temp.refuses('administrator', $$public.people_page(chapter_id => pg_temp.id('bergen'))$$, 'chapter_not_found', 404, 'another chapter');
select pg_temp.refuses('øyvind', $$public.people_page()$$, 'not_a_coordinator', 403, 'a mentor');
select is(pg_temp.answer('administrator', $$public.people_page(search => 'Berit') #> '{people,0}'$$) - '{id,memberships,phone}'::text[],
  '{"display_name": "Pgtap Berit", "locale": "nb", "email": null, "has_login": true, "login": "unused", "is_organisation_administrator": false, "external_ids": [{"source": "pgtap", "external_id": "1"}]}', 'how to reach a person, for whoever keeps them');
select is(pg_temp.answer('coordinator', $$public.people_page(search => 'Anne') #> '{people,0,phone}'$$), 'null', 'and not for others');
select is(pg_temp.answer('coordinator', $$public.people_page(search => 'Åse') #>> '{people,0,phone}' <> ''$$), 'true', 'a coordinator calls the mentors');
select is(pg_temp.answer('office', $$jsonb_array_length(public.people_page(search => 'Mona') #> '{people,0,memberships}')$$), '2', 'memberships of all one''s chapters');

-- Who is the national office is said to those who may read the person's page.
create function pg_temp.is_office(actor text, name text) returns text
language sql as $$
  select pg_temp.answer(actor, format('public.people_page(search => %L) #> ''{people,0,is_organisation_administrator}''', name)) #>> '{}'
$$;
select is(pg_temp.is_office('office', 'Kontor'), 'true', 'the office is named as such, without a membership');
select is(pg_temp.is_office('office', 'Ute'), 'false', 'and nobody else who has none');
select pg_temp.appoint('coordinator');
select is(pg_temp.is_office('administrator', 'Berit'), 'true', 'to an administrator of the chapter');
update public.organisation_administrators o set ended_at = statement_timestamp() where o.user_id = pg_temp.id('coordinator');
select is(pg_temp.is_office('administrator', 'Berit'), 'false', 'as long as it lasts');
select is(pg_temp.is_office('coordinator', 'Anne'), null, 'and not to a coordinator');

select * from finish();
rollback;
