-- The roster: whom it lists, in which order, page by page, and who may ask.
begin;
\ir _fixtures.psql

select plan(119);

-- Three chapters; the coordinator looks after the first two.
select pg_temp.add_chapter(name) from unnest(array['oslo', 'asker', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo', 'Åse Koordinator');
select pg_temp.join_chapter('coordinator', 'coordinator', 'asker');
select pg_temp.add_coordinator('colleague', 'oslo', 'Bjørn Koordinator');
select pg_temp.add_coordinator('bergen coordinator', 'bergen', 'Cecilie Koordinator');
select pg_temp.add_person('former coordinator', 'Dag Koordinator');
select pg_temp.join_chapter('former coordinator', 'coordinator', 'oslo', now() - interval '1 day');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'asker');
select pg_temp.add_person('two roles');
select pg_temp.join_chapter('two roles', 'coordinator', 'bergen');
select pg_temp.join_chapter('two roles', 'administrator', 'bergen');

-- In Norwegian order: aa is an å, and w is not a v. Two people share a name.
create temporary table in_order (place integer generated always as identity, name text, chapter text);
insert into in_order (name, chapter) values
  ('Anna Berg', 'oslo'), ('anne Dahl', 'oslo'), ('Bo 100 % sikker', 'asker'), ('Bo_Erik Lie', 'oslo'), ('Émile Roux', 'oslo'),
  ('Eva O''Hara', 'asker'), ('Kari Moen', 'oslo'), ('Vera Wang', 'oslo'), ('Zara Åsen', 'asker'), ('Ægir Vik', 'oslo'),
  ('Øyvind Nes', 'asker'), ('Ådne Sæther', 'oslo'), ('Aase Lund', 'oslo');
select pg_temp.add_mentor(name, chapter, name) from in_order;
select pg_temp.add_mentor('first namesake', 'oslo', 'Per Hansen');
select pg_temp.add_mentor('second namesake', 'asker', 'Per Hansen');
-- Who isn't listed: another chapter's, one who has left, one who isn't a mentor.
select pg_temp.add_mentor('bergen mentor', 'bergen', 'Bergljot Berge');
select pg_temp.add_person('former mentor', 'Fredrik Ferdig');
select pg_temp.join_chapter('former mentor', 'mentor', 'oslo', now() - interval '1 day');
-- Who is in all three chapters.
select pg_temp.join_chapter('Kari Moen', 'mentor', 'asker');
select pg_temp.join_chapter('Kari Moen', 'mentor', 'bergen');
-- Responsible are those with an open assignment and coordinates a chapter of the mentor's: of Kari's five the former
-- coordinator and the administrator are not; of Anna's three the one from Bergen, where she isn't, is not either.
select pg_temp.assign('Kari Moen', name) from unnest(array['coordinator', 'colleague', 'bergen coordinator', 'former coordinator', 'administrator']) name;
select pg_temp.assign('Anna Berg', name) from unnest(array['colleague', 'former coordinator', 'bergen coordinator']) name;

select pg_temp.certify('Kari Moen', 200);
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('Kari Moen'), 'Sykdom', pg_temp.today() + 9)$$);
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('Vera Wang'), 'Ferie')$$);
select pg_temp.certify('Ægir Vik', -1);

create function pg_temp.roster(actor text, arguments text default '') returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.coordinator_roster(' || arguments || ')') $$;

create function pg_temp.names(roster jsonb) returns text[]
language sql as $$
  select array(select m ->> 'display_name' from jsonb_array_elements(roster -> 'mentors') with ordinality e (m, place) order by place)
$$;

-- All pages one after the other: the names, and how many mentors each page had.
create function pg_temp.pages(actor text, arguments text, page_limit integer, out ids uuid[], out names text[], out sizes integer[])
language plpgsql as $$
declare
  page jsonb;
  next_cursor text;
begin
  ids := '{}';
  names := '{}';
  sizes := '{}';
  loop
    page := pg_temp.roster(actor, format('%s page_limit => %s, page_cursor => %L', arguments, page_limit, next_cursor));
    ids := ids || array(select (m ->> 'mentor_id')::uuid from jsonb_array_elements(page -> 'mentors') m);
    names := names || pg_temp.names(page);
    sizes := sizes || jsonb_array_length(page -> 'mentors');
    next_cursor := page ->> 'next_cursor';
    exit when next_cursor is null or cardinality(sizes) > 50;
  end loop;
end
$$;

-- One screen.

select is(
  array(select jsonb_object_keys(pg_temp.roster('coordinator')) order by 1), array['as_of', 'mentors', 'next_cursor', 'summary'],
  'one call gives one screen');
select is(pg_temp.roster('coordinator') -> 'as_of', to_jsonb(pg_temp.today()), 'as of today');
select is(
  (select m from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Kari Moen'),
  (select jsonb_build_object(
     'mentor_id', pg_temp.id('Kari Moen'), 'display_name', 'Kari Moen',
     'chapters', jsonb_build_array(jsonb_build_object('id', pg_temp.id('asker'), 'name', 'asker'), jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')),
     'status', 'paused', 'pause_record_id', r.id, 'version', 1, 'pause_reason', 'Sykdom',
     'paused_at', to_jsonb(r.paused_at at time zone 'UTC') #>> '{}' || '+00:00', 'expected_return_date', pg_temp.today() + 9, 'return_overdue', false,
     'planned_pause', null, 'open_request', null, 'certification_expires_on', pg_temp.today() + 200, 'certification_kind', 'basic course', 'certification_state', 'valid',
     'coordinators', jsonb_build_array(
       jsonb_build_object('id', pg_temp.id('colleague'), 'display_name', 'Bjørn Koordinator'),
       jsonb_build_object('id', pg_temp.id('bergen coordinator'), 'display_name', 'Cecilie Koordinator'),
       jsonb_build_object('id', pg_temp.id('coordinator'), 'display_name', 'Åse Koordinator')))
   from public.pause_records r where r.id = pg_temp.live_id('Kari Moen')),
  'a mentor has these fields: chapters are the caller''s, coordinators those responsible, both in Norwegian order');
select is(
  (select m from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Anna Berg'),
  jsonb_build_object(
    'mentor_id', pg_temp.id('Anna Berg'), 'display_name', 'Anna Berg',
    'chapters', jsonb_build_array(jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')),
    'status', 'active', 'pause_record_id', null, 'version', null, 'pause_reason', null, 'paused_at', null, 'expected_return_date', null,
    'return_overdue', false, 'planned_pause', null, 'open_request', null, 'certification_expires_on', null, 'certification_kind', null, 'certification_state', 'none',
    'coordinators', jsonb_build_array(jsonb_build_object('id', pg_temp.id('colleague'), 'display_name', 'Bjørn Koordinator'))),
  'an active one has the same, with nulls');
select is(
  (select m -> 'chapters' from jsonb_array_elements(pg_temp.roster('bergen coordinator') -> 'mentors') m where m ->> 'display_name' = 'Kari Moen'),
  jsonb_build_array(jsonb_build_object('id', pg_temp.id('bergen'), 'name', 'bergen')),
  'another coordinator sees the shared mentor in their own chapter alone');
select is(
  (select m -> 'coordinators' from jsonb_array_elements(pg_temp.roster('bergen coordinator') -> 'mentors') m where m ->> 'display_name' = 'Kari Moen'),
  (select m -> 'coordinators' from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Kari Moen'),
  'and the same coordinators: who is responsible is one list');
select is(
  (select m -> 'chapters' from jsonb_array_elements(pg_temp.roster('coordinator', $$chapter_id => pg_temp.id('oslo')$$) -> 'mentors') m
   where m ->> 'display_name' = 'Kari Moen'),
  jsonb_build_array(jsonb_build_object('id', pg_temp.id('asker'), 'name', 'asker'), jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')),
  'choosing one chapter still names the others that the caller coordinates');

-- Order.

select is(
  pg_temp.names(pg_temp.roster('coordinator')),
  array['Anna Berg', 'anne Dahl', 'Bo 100 % sikker', 'Bo_Erik Lie', 'Émile Roux', 'Eva O''Hara', 'Kari Moen', 'Per Hansen', 'Per Hansen',
    'Vera Wang', 'Zara Åsen', 'Ægir Vik', 'Øyvind Nes', 'Ådne Sæther', 'Aase Lund'],
  'mentors are sorted as Norwegians sort, each once');
select is(
  pg_temp.names(pg_temp.roster('coordinator', $$chapter_id => pg_temp.id('asker')$$)),
  array['Bo 100 % sikker', 'Eva O''Hara', 'Kari Moen', 'Per Hansen', 'Zara Åsen', 'Øyvind Nes'],
  'one chapter has its own mentors');
select is(pg_temp.names(pg_temp.roster('bergen coordinator')), array['Bergljot Berge', 'Kari Moen'], 'the other coordinator has theirs');
select is(pg_temp.names(pg_temp.roster('administrator')), pg_temp.names(pg_temp.roster('coordinator', $$chapter_id => pg_temp.id('asker')$$)),
  'an administrator has the chapter''s as a coordinator does');
select is(pg_temp.names(pg_temp.roster('two roles')), array['Bergljot Berge', 'Kari Moen'], 'holding two roles in a chapter lists nobody twice');

-- Pages.

select is(
  (select row(p.names, cardinality(p.ids), (select count(distinct i) from unnest(p.ids) i), p.sizes)::text
   from pg_temp.pages('coordinator', arguments, size) p),
  (select row(w.names, cardinality(w.names), cardinality(w.names),
     array(select least(size, cardinality(w.names) - start) from generate_series(0, greatest(cardinality(w.names) - 1, 0), size) start))::text
   from (select pg_temp.names(pg_temp.roster('coordinator', rtrim(arguments, ', '))) as names) w),
  format('pages of %s give the whole list once, in order (%s)', size, coalesce(nullif(rtrim(arguments, ', '), ''), 'no filter')))
from unnest(array['', $$search => 'e', $$, $$status => array['active'], $$, $$chapter_id => pg_temp.id('oslo'), $$, $$search => 'nobody', $$]) arguments
cross join unnest(array[1, 2, 7, 15, 200]) size;
select is(
  pg_temp.roster('coordinator', format('page_limit => 5, page_cursor => %L', pg_temp.roster('coordinator', 'page_limit => 3') ->> 'next_cursor')) #>> '{mentors,0,display_name}',
  'Bo_Erik Lie', 'the next page may have another size');
select is(
  pg_temp.roster('coordinator', 'page_limit => 1') -> 'summary', pg_temp.roster('coordinator') -> 'summary', 'the summary is of all pages');
select pg_temp.refuses('coordinator', format('public.coordinator_roster(page_limit => %s)', size), 'invalid_request', 400,
  format('a page of %s is refused', size), 'limit')
from unnest(array[0, -1, 201, 2147483647]) size;

-- Who comes or goes between two pages shifts nobody.
create temporary table first_page as select pg_temp.roster('coordinator', 'page_limit => 3') as page;
select pg_temp.add_mentor('newcomer', 'oslo', 'Abel Ny');
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('anne Dahl');
select is(
  (select pg_temp.names(pg_temp.roster('coordinator', format('page_limit => 2, page_cursor => %L', page ->> 'next_cursor'))) from first_page),
  array['Bo_Erik Lie', 'Émile Roux'], 'a page goes on where the last one ended, though people came and went before it');

-- Cursors.

create temporary table cursors as
  select pg_temp.roster('coordinator', 'page_limit => 2') ->> 'next_cursor' as plain,
    pg_temp.roster('coordinator', $$page_limit => 2, search => 'e'$$) ->> 'next_cursor' as searched;
select pg_temp.refuses('coordinator', format('public.coordinator_roster(page_cursor => %L)', forged), 'invalid_request', 400,
  format('a cursor is refused when %s', what), 'cursor')
from cursors
cross join lateral (values
  ('it is just a dot', '.'),
  ('it is text of somebody''s own', 'Anna Berg'),
  ('its first character changed', translate(left(plain, 1), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 'BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzA') || substr(plain, 2)),
  ('its last character changed', left(plain, -1) || translate(right(plain, 1), '0123456789abcdef', '123456789abcdef0')),
  ('its last character is missing', left(plain, -1)),
  ('something follows', plain || '0'),
  ('something follows after a dot', plain || '.0'),
  ('the seal is missing', split_part(plain, '.', 1)),
  ('the seal is of another cursor', split_part(plain, '.', 1) || '.' || split_part(searched, '.', 2)),
  ('it was made with a search', searched)
) f (what, forged);
select pg_temp.refuses('coordinator', format('public.coordinator_roster(%s, page_cursor => %L)', filter, plain), 'invalid_request', 400,
  format('a cursor without filters is refused with %s', filter), 'cursor')
from cursors
cross join unnest(array[$$search => 'e'$$, $$status => array['active']$$, $$chapter_id => pg_temp.id('oslo')$$]) filter;
select pg_temp.refuses('colleague', format('public.coordinator_roster(page_cursor => %L)', plain), 'invalid_request', 400,
  'a cursor is refused from another caller', 'cursor')
from cursors;
select is(
  pg_temp.names(pg_temp.roster('coordinator', format($$status => array['active', 'paused', 'active'], page_limit => 2, page_cursor => %L$$,
    pg_temp.roster('coordinator', $$status => array['paused', 'active'], page_limit => 2$$) ->> 'next_cursor'))),
  (pg_temp.names(pg_temp.roster('coordinator', $$status => array['active', 'paused']$$)))[3:4],
  'the same filters in another order are the same');

-- Filters.

select is(pg_temp.names(pg_temp.roster('coordinator', 'status => array[' || quoted || ']')), expected, 'status ' || quoted || ' gives those')
from (values
  ($$'paused'$$, array['Kari Moen', 'Vera Wang']),
  ($$'expired_cert'$$, array['Ægir Vik']),
  ($$'expired_cert', 'paused'$$, array['Kari Moen', 'Vera Wang', 'Ægir Vik']),
  ($$'paused', 'paused'$$, array['Kari Moen', 'Vera Wang'])
) f (quoted, expected);
select is(
  pg_temp.names(pg_temp.roster('coordinator', filter)), pg_temp.names(pg_temp.roster('coordinator')), filter || ' filters nothing')
from unnest(array[$$status => '{}'$$, $$status => null$$, $$status => array['active', 'paused', 'expired_cert']$$, $$search => ''$$, $$search => '  '$$]) filter;
select is(pg_temp.names(pg_temp.roster('coordinator', $$status => array['active']$$)) && array['Kari Moen', 'Vera Wang', 'Ægir Vik'], false,
  'active leaves out who is paused or expired');
select pg_temp.refuses('coordinator', format('public.coordinator_roster(status => %s)', given), 'invalid_request', 400,
  format('status %s is refused', given), 'status')
from unnest(array[$$array['gone']$$, $$array['paused', 'gone']$$, $$array['Paused']$$, $$array['']$$, $$array[null]::text[]$$, $$array['paused', null]$$]) given;
select is(pg_temp.names(pg_temp.roster('coordinator', format('search => %L', needle))), expected, format('search %L finds those', needle))
from (values
  ('kari', array['Kari Moen']),
  ('KARI', array['Kari Moen']),
  ('ari', array['Kari Moen']),
  (' moen ', array['Kari Moen']),
  ('kari m', array['Kari Moen']),
  ('æ', array['Ægir Vik', 'Ådne Sæther']),
  ('ÆGIR', array['Ægir Vik']),
  ('øyv', array['Øyvind Nes']),
  ('ØYV', array['Øyvind Nes']),
  ('ÅS', array['Zara Åsen']),
  ('å', array['Zara Åsen', 'Ådne Sæther']),
  ('%', array['Bo 100 % sikker']),
  ('0 %', array['Bo 100 % sikker']),
  ('_', array['Bo_Erik Lie']),
  ('\', '{}'),
  ('%kari%', '{}'),
  ('bergljot', '{}'),
  ('fredrik', '{}'),
  (E'\u00a0kari\t', array['Kari Moen']),
  (normalize('ådne', nfd), array['Ådne Sæther']),
  (normalize('Émile', nfd), array['Émile Roux'])
) s (needle, expected);
-- A name may be written in either form too, and be sorted in its place.
update public.profiles set display_name = normalize(display_name, nfd) where id = pg_temp.id('Ådne Sæther');
select is(pg_temp.names(pg_temp.roster('coordinator', format('search => %L', needle))), array[normalize('Ådne Sæther', nfd)], 'a decomposed name is found, written ' || form)
from (values ('composed', 'ÅDNE'), ('decomposed', normalize('ådne', nfd))) s (form, needle);
update public.profiles set display_name = 'Ådne Sæther' where id = pg_temp.id('Ådne Sæther');
select pg_temp.refuses('coordinator', $$public.coordinator_roster(search => repeat('x', 201))$$, 'invalid_request', 400,
  'a search of 201 characters is refused', 'search');
select is(
  pg_temp.roster('coordinator', $$search => 'kari', status => array['expired_cert'], chapter_id => pg_temp.id('oslo')$$)
    @> jsonb_build_object('mentors', '[]'::jsonb, 'next_cursor', null, 'summary', pg_temp.roster('coordinator', $$chapter_id => pg_temp.id('oslo')$$) -> 'summary'),
  true, 'filters that leave nobody leave the summary: it is of the chapters chosen');

-- Who may ask.

select pg_temp.refuses(actor, 'public.coordinator_roster()', 'not_a_coordinator', 403, actor || ' coordinates nothing')
from unnest(array['Kari Moen', 'former coordinator', 'nobody']) actor;
select pg_temp.refuses('coordinator', format('public.coordinator_roster(chapter_id => pg_temp.id(%L))', chapter), 'chapter_not_found', 404,
  format('the chapter %s is not found', chapter))
from unnest(array['bergen', 'nowhere']) chapter;
select throws_ok(format($$ select pg_temp.roster(%L) $$, actor), '42501', null, actor || ' may not ask')
from unnest(array['anon', 'service_role']) actor;
update public.chapter_memberships set ended_at = now() where id = pg_temp.id('coordinator coordinator in asker');
select is(
  pg_temp.names(pg_temp.roster('coordinator')) && array['Zara Åsen', 'Øyvind Nes'], false,
  'a membership that ends takes its mentors off at once');
select pg_temp.refuses('coordinator', $$public.coordinator_roster(chapter_id => pg_temp.id('asker'))$$, 'chapter_not_found', 404,
  'and the chapter');

-- What the roster is made from shows at once.

update public.profiles set display_name = 'Åslaug Moen' where id = pg_temp.id('Kari Moen');
select is((pg_temp.names(pg_temp.roster('coordinator')))[cardinality(pg_temp.names(pg_temp.roster('coordinator'))) - 1:],
  array['Aase Lund', 'Åslaug Moen'], 'a new name moves the mentor');
update public.profiles set display_name = 'Aaron Koordinator' where id = pg_temp.id('colleague');
select is(
  (select m -> 'coordinators' -> 0 ->> 'display_name' from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Anna Berg'),
  'Aaron Koordinator', 'a coordinator''s new name shows at their mentors');
update public.coordinator_assignments set ended_at = now() where mentor_id = pg_temp.id('Anna Berg');
select is(
  (select m -> 'coordinators' from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Anna Berg'),
  '[]', 'an assignment that ends takes the coordinator off');
update public.chapters set name = 'Oslo by' where id = pg_temp.id('oslo');
select is(
  (select m -> 'chapters' -> 0 ->> 'name' from jsonb_array_elements(pg_temp.roster('coordinator') -> 'mentors') m where m ->> 'display_name' = 'Anna Berg'),
  'Oslo by', 'a chapter''s new name shows');

-- Many assignments end, and begin, in one statement.

select pg_temp.add_mentor('many ' || n, 'oslo') from generate_series(1, 12) n;
select pg_temp.add_coordinator('leaving', 'bergen');
update public.chapter_memberships set ended_at = pg_temp.midnight(20) where user_id = pg_temp.id('leaving');
select pg_temp.assign('many ' || n, name)
from generate_series(1, 12) n, unnest(array['coordinator', 'leaving', 'former coordinator']) name;
create function pg_temp.of_many() returns uuid[]
language sql stable as $$ select array(select pg_temp.id('many ' || n) from generate_series(1, 12) n) $$;
create function pg_temp.named(who text) returns bigint
language sql stable as $$
  select count(*) from private.roster_entries e
  where e.mentor_id = any (pg_temp.of_many()) and e.coordinators @> jsonb_build_array(jsonb_build_object('id', pg_temp.id(who)))
$$;
select is(
  (select count(*) from private.roster_entries e where e.mentor_id = any (pg_temp.of_many())), 24::bigint,
  'who is assigned and leaves elsewhere divides the days');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select is(
  pg_temp.answer('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('colleague'), pg_temp.id('oslo')) #>> '{hand_over,count}'$$),
  '"13"', 'they are handed over, and one more');
select is(array[pg_temp.named('coordinator'), pg_temp.named('colleague')], array[0, 24]::bigint[], 'their entries name the other one');
update public.coordinator_assignments a set ended_at = clock_timestamp()
where a.coordinator_id in (pg_temp.id('leaving'), pg_temp.id('former coordinator')) and a.mentor_id = any (pg_temp.of_many());
select is(
  (select count(*) from private.roster_entries e where e.mentor_id = any (pg_temp.of_many())), 12::bigint,
  'the days are divided no more');
update public.coordinator_assignments a set ended_at = clock_timestamp()
where a.coordinator_id = pg_temp.id('colleague') and a.mentor_id = any (pg_temp.of_many()) and a.ended_at is null;
select is(pg_temp.named('colleague'), 0::bigint, 'an assignment that ends by itself leaves the entry');
select is_empty('select * from private.find_roster_differences(pg_temp.of_many())', 'the read model is what the tables say');

select * from finish();
rollback;
