-- What those who keep people are shown: one person, who may be registered twice, what there
-- is to choose from, and who has never signed in.
begin;
\ir _fixtures.psql

select plan(45);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_person('administrator', 'Pgtap Anne');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator', 'Pgtap Bodil');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('office', 'Pgtap Kontor');
select pg_temp.appoint('office');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Pgtap Berit');
select pg_temp.add_mentor('åse', 'oslo', 'Pgtap Åse');
select pg_temp.add_mentor('øyvind', 'oslo', 'Pgtap Øyvind');
select pg_temp.add_mentor('bergen mentor', 'bergen', 'Pgtap Bjørg');
select pg_temp.assign('åse', 'coordinator');
select pg_temp.join_chapter('åse', 'mentor', 'bergen');
-- Without a login.
insert into public.profiles (id, display_name) values
  (pg_temp.id('double'), 'PGTAP  åse'), (pg_temp.id('bergen double'), 'pgtap øyvind'), (pg_temp.id('number'), 'Pgtap Nils');
select pg_temp.join_chapter('double', 'mentor', 'oslo');
select pg_temp.join_chapter('number', 'mentor', 'oslo');
select pg_temp.join_chapter('bergen double', 'mentor', 'bergen');
insert into public.contacts (person_id, phone) values
  (pg_temp.id('åse'), '+4790000001'), (pg_temp.id('double'), '+4790000001'),
  (pg_temp.id('øyvind'), '+4790000002'), (pg_temp.id('number'), '+4790000002');
update auth.users set last_sign_in_at = now(), email_confirmed_at = now() where id = pg_temp.id('coordinator');

create function pg_temp.person(actor text, whom text, arguments text default '') returns jsonb
language sql as $$
  select pg_temp.answer(actor, format('public.person_page(%L::uuid%s)', pg_temp.id(whom), arguments))
$$;

-- One person.

select is(pg_temp.person('administrator', 'åse') #>> '{person,display_name}', 'Pgtap Åse', 'an administrator sees a person');
select is(pg_temp.person('administrator', 'åse') #> '{person,phone}', '"+4790000001"', 'and how to reach her');
select is(
  (select string_agg(m ->> 'chapter_name', ', ') from jsonb_array_elements(pg_temp.person('administrator', 'åse') -> 'memberships') m),
  (select c.name from public.chapters c where c.id = pg_temp.id('oslo')), 'the memberships of the own chapters alone');
select is(jsonb_array_length(pg_temp.person('office', 'åse') -> 'memberships'), 2, 'the office sees all of them');
select is(pg_temp.person('administrator', 'åse') -> 'is_whole', 'false', 'of whom another chapter has too, only what is the own chapter''s is kept');
select is(pg_temp.person('office', 'åse') -> 'is_whole', 'true', 'the office keeps everybody');
select is(pg_temp.person('administrator', 'øyvind') -> 'is_whole', 'true', 'and a chapter whoever is nowhere else');
select is(pg_temp.person('administrator', 'åse') #>> '{coordinators,0,coordinator_name}', 'Pgtap Berit', 'who is responsible');
select is(pg_temp.person('administrator', 'coordinator') #>> '{mentors,0,display_name}', 'Pgtap Åse', 'for whom somebody is responsible');
select is(pg_temp.person('administrator', 'coordinator') #> '{mentors,0,chapter_ids}', jsonb_build_array(pg_temp.id('oslo')), 'in which of the own chapters');
select is(pg_temp.person('administrator', 'double') -> 'login', 'null', 'no login');
select is(pg_temp.person('administrator', 'coordinator') #> '{login,is_confirmed}', 'true', 'a login that was used');
select is(pg_temp.person('administrator', 'åse') #> '{login,last_sign_in_at}', 'null', 'and one that never was');
select is(pg_temp.person('office', 'office') -> 'is_organisation_administrator', 'true', 'whoever is of the office');
select is(pg_temp.person('administrator', 'åse') -> 'is_organisation_administrator', 'false', 'and whoever is not');
select is(pg_temp.person('administrator', 'åse') -> 'has_pause_history', 'false', 'no pause yet');
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'')', pg_temp.id('øyvind')));
select is(pg_temp.person('administrator', 'øyvind') -> 'has_pause_history', 'true', 'one that would be in the way of joining profiles');
select ok(pg_temp.person('administrator', 'øyvind')::text not like '%Ferie%', 'and its reason is not told');

-- The log: exactly what its policy shows, a page at a time.
select pg_temp.answer('administrator', format('public.update_person(%L, ''Pgtap Øystein'')', pg_temp.id('øyvind')));
select pg_temp.answer('administrator', format('public.assign_coordinator(%L, %L)', pg_temp.id('øyvind'), pg_temp.id('coordinator')));
select is(pg_temp.person('administrator', 'øyvind') #>> '{log,0,command}', 'assign_coordinator', 'the newest change comes first');
select is(pg_temp.person('administrator', 'øyvind') #>> '{log,0,actor_name}', 'Pgtap Anne', 'with who did it');
select is(pg_temp.person('administrator', 'øyvind') -> 'names' ->> pg_temp.id('coordinator')::text, 'Pgtap Berit', 'and what the ids in it are called');
select is(
  (select jsonb_agg(l -> 'id') from jsonb_array_elements(pg_temp.person(actor, whom) -> 'log') l),
  pg_temp.answer(actor, format('(select jsonb_agg(l.id order by l.id desc) from public.people_log l where l.person_id = %L)', pg_temp.id(whom))),
  format('%s sees of %s what the policy shows', actor, whom))
from (values ('administrator', 'åse'), ('administrator', 'øyvind'), ('bergen administrator', 'åse'), ('office', 'åse')) c (actor, whom);
select is(
  pg_temp.person('administrator', 'øyvind', format(', 1, %L', pg_temp.person('administrator', 'øyvind', ', 1') ->> 'next_cursor')) #>> '{log,0,command}',
  'update_person', 'the next page');
select pg_temp.refuses('administrator', format('public.person_page(%L::uuid, 1, %L)', pg_temp.id('åse'), pg_temp.person('administrator', 'øyvind', ', 1') ->> 'next_cursor'),
  'invalid_request', 400, 'another person''s cursor', 'cursor');

-- For whom there is none.
select pg_temp.refuses('administrator', format('public.person_page(%L::uuid)', pg_temp.id('bergen mentor')), 'not_found', 404, 'another chapter''s person');
select pg_temp.refuses('administrator', format('public.person_page(%L::uuid)', gen_random_uuid()), 'not_found', 404, 'nobody');
select pg_temp.refuses('coordinator', format('public.person_page(%L::uuid)', pg_temp.id('åse')), 'not_an_administrator', 403, 'a coordinator');

-- Who may be registered twice.
create function pg_temp.doubles(actor text, chapter text default null) returns text
language sql as $$
  select string_agg(concat(replace(lower(d #>> '{people,0,display_name}'), 'pgtap', ''), '=', replace(lower(d #>> '{people,1,display_name}'), 'pgtap', ''),
    ' ', d ->> 'because'), ';' order by d ->> 'because', d #>> '{people,0,display_name}')
  from jsonb_array_elements(pg_temp.answer(actor, format('public.possible_duplicates(%L)', pg_temp.id(chapter))) -> 'duplicates') d
$$;
select ok(pg_temp.doubles('administrator') ~ '"name", "phone"', 'the same name without regard to case and space, and the same number');
select ok(pg_temp.doubles('administrator') ~ '\["phone"\]', 'or the number alone');
select is(jsonb_array_length(pg_temp.answer('administrator', 'public.possible_duplicates()') -> 'duplicates'), 2, 'and nobody else');
select is(jsonb_array_length(pg_temp.answer('bergen administrator', 'public.possible_duplicates()') -> 'duplicates'), 0, 'nobody of a chapter that is not the caller''s');
update public.profiles set display_name = 'Pgtap Øyvind' where id = pg_temp.id('øyvind');
select is(
  jsonb_array_length(pg_temp.answer('office', format('public.possible_duplicates(%L)', pg_temp.id('bergen'))) -> 'duplicates'), 2,
  'the office sees those of two chapters');
select pg_temp.answer('administrator', format('public.merge_people(%L, %L)', pg_temp.id('øyvind'), pg_temp.id('number')));
select is(jsonb_array_length(pg_temp.answer('administrator', 'public.possible_duplicates()') -> 'duplicates'), 1, 'whoever was joined is no pair any more');

-- What there is to choose from.
select is(
  (select string_agg(c ->> 'id', ',') from jsonb_array_elements(pg_temp.answer('administrator', 'public.organisation_page()') -> 'chapters') c),
  pg_temp.id('oslo')::text, 'the own chapters');
select is(pg_temp.answer('coordinator', $$public.organisation_page() #> '{chapters,0,is_administered}'$$), 'false', 'a coordinator administers none of them');
select is(pg_temp.answer('administrator', $$public.organisation_page() -> 'administrators'$$), '[]', 'who is of the office is the office''s affair');
select ok(pg_temp.answer('office', $$public.organisation_page() -> 'administrators'$$) @> jsonb_build_array(jsonb_build_object('person_id', pg_temp.id('office'))), 'which sees it');

-- Who has never signed in.
create function pg_temp.logins(login text) returns text
language sql as $$
  select string_agg(replace(p ->> 'display_name', 'Pgtap ', ''), ', ' order by o)
  from jsonb_array_elements(pg_temp.answer('administrator', format('public.people_page(login => %L) -> ''people''', logins.login))) with ordinality r (p, o)
$$;
select is(pg_temp.logins('used'), 'Berit', 'somebody signs in');
select is(pg_temp.logins('none'), 'PGTAP  åse', 'somebody has no login');
select is(pg_temp.logins('unused'), 'Anne, Øyvind, Åse', 'and some have never used theirs');
select pg_temp.refuses('administrator', $$public.people_page(login => 'lost')$$, 'invalid_request', 400, 'no login', 'login');
select is(pg_temp.answer('coordinator', $$public.people_page(search => 'Anne') #> '{people,0,login}'$$), 'null', 'not told of whom one doesn''t manage');

select * from finish();
rollback;
