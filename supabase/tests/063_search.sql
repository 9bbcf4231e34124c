-- A search finds what people type: in any case, without accents, with any apostrophe,
-- hyphen or space.
begin;
\ir _fixtures.psql

select plan(79);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Kari');
create temporary table listed (name text);
insert into listed values
  ('Øyvind Ødegård'), ('Oyvind Berg'), ('Iñaki Sáenz'), ('Anne-Marie O’Connor'), ('Anne Marie Lie'), ('Annemarie Moe'),
  ('Áŋŋá Čáhppe'), ('Đorđe Ŧávvi'), ('Łukasz Żak'), ('Straße Þór'), ('Ægir Sæther'), ('İpek Işık'), ('Zoë D''Arcy'),
  ('Σίσυφος'), ('Иван Ёлкин'), ('Nguyễn Văn An'), (normalize('Åse Nærbø', nfd)), (E'Bo\u00a0Li\u2011Nes'), (E'Ko\u200dbi'), ('Xi 张伟');
select pg_temp.add_mentor(p.name, 'oslo', p.name) from listed p;

create function pg_temp.found(typed text) returns text[]
language sql as $$
  select array(
    select m ->> 'display_name'
    from jsonb_array_elements(pg_temp.answer('coordinator', format('public.coordinator_roster(search => %L)', typed)) -> 'mentors') m
    order by (m ->> 'display_name') collate "C")
$$;

select is(
  pg_temp.found(typed), array(select e from unnest(expected) e order by e collate "C"),
  format('%L finds %s', typed, coalesce(nullif(array_to_string(expected, ', '), ''), 'nobody')))
from (values
  ('øyvind', array['Øyvind Ødegård']),
  ('ØYVIND', array['Øyvind Ødegård']),
  ('oyvind', array['Øyvind Ødegård', 'Oyvind Berg']),
  ('OYVIND', array['Øyvind Ødegård', 'Oyvind Berg']),
  ('oyvind odegard', array['Øyvind Ødegård']),
  ('Øyvind Odegard', array['Øyvind Ødegård']),
  ('degår', array['Øyvind Ødegård']),
  ('Øyvind Berg', array['Oyvind Berg']),
  ('inaki', array['Iñaki Sáenz']),
  ('iñaki', array['Iñaki Sáenz']),
  (normalize('IÑAKI', nfd), array['Iñaki Sáenz']),
  ('Iñaki Saenz', array['Iñaki Sáenz']),
  ('saenz', array['Iñaki Sáenz']),
  ('anne-marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  ('anne marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  ('annemarie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  ('anne  marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  (E'anne\u2013marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  (E'anne\u2011marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  (E'anne\u00a0marie', array['Anne-Marie O’Connor', 'Anne Marie Lie', 'Annemarie Moe']),
  ('o''connor', array['Anne-Marie O’Connor']),
  ('o’connor', array['Anne-Marie O’Connor']),
  ('o‘connor', array['Anne-Marie O’Connor']),
  (E'o\u02bcconnor', array['Anne-Marie O’Connor']),
  ('o`connor', array['Anne-Marie O’Connor']),
  (E'o\u00b4connor', array['Anne-Marie O’Connor']),
  ('oconnor', array['Anne-Marie O’Connor']),
  ('O CONNOR', array['Anne-Marie O’Connor']),
  ('d’arcy', array['Zoë D''Arcy']),
  ('zoe', array['Zoë D''Arcy']),
  ('anna cahppe', array['Áŋŋá Čáhppe']),
  ('ÁŊŊÁ', array['Áŋŋá Čáhppe']),
  ('dorde', array['Đorđe Ŧávvi']),
  ('tavvi', array['Đorđe Ŧávvi']),
  ('ŦÁVVI', array['Đorđe Ŧávvi']),
  ('lukasz zak', array['Łukasz Żak']),
  ('strasse', array['Straße Þór']),
  ('straße', array['Straße Þór']),
  ('thor', array['Straße Þór']),
  ('aegir', array['Ægir Sæther']),
  ('saether', array['Ægir Sæther']),
  ('sæther', array['Ægir Sæther']),
  ('ipek isik', array['İpek Işık']),
  ('IPEK', array['İpek Işık']),
  ('σισυφοσ', array['Σίσυφος']),
  ('ΣΊΣΥΦΟΣ', array['Σίσυφος']),
  ('елкин', array['Иван Ёлкин']),
  ('ёлкин', array['Иван Ёлкин']),
  ('nguyen van', array['Nguyễn Văn An']),
  ('nguyễn', array['Nguyễn Văn An']),
  ('ase narbo', '{}'),
  ('ase naerbo', array[normalize('Åse Nærbø', nfd)]),
  ('åse nærbø', array[normalize('Åse Nærbø', nfd)]),
  (normalize('åse', nfd), array[normalize('Åse Nærbø', nfd)]),
  ('bo li nes', array[E'Bo\u00a0Li\u2011Nes']),
  ('bo li-nes', array[E'Bo\u00a0Li\u2011Nes']),
  ('kobi', array[E'Ko\u200dbi']),
  ('张', array['Xi 张伟']),
  ('伟', array['Xi 张伟']),
  ('xi张', array['Xi 张伟']),
  ('å', array['Øyvind Ødegård', normalize('Åse Nærbø', nfd)]),
  ('q', '{}'),
  ('yy', '{}'),
  ('nobody of that name', '{}'),
  ('å' || repeat('a', 100), '{}')
) s (typed, expected);
select is(cardinality(pg_temp.found('- '' ’')), 20, 'what has no letter filters nothing');
select is(cardinality(pg_temp.found(repeat('x', 200))), 0, '200 letters are looked for');

-- Names that are too long for an index are found all the same, whatever else is filtered:
-- by walking, and by picking those few who are expired, or who are not.
select pg_temp.add_chapter(name), pg_temp.add_coordinator('coordinator of ' || name, name, 'Kari') from unnest(array['long', 'longer']) name;
select pg_temp.add_mentor(chapter || ' ' || role, chapter,
  (select string_agg(chr(44032 + (n * 2657) % 11172), '') from generate_series(1, 196) n) || ' ' || role)
from unnest(array['long', 'longer']) chapter cross join unnest(array['act', 'pau', 'exp']) role;
select is((select count(*) from private.roster_entries e join private.roster_names n using (mentor_id, chapter_id)
  where e.searched_as is null and n.searched_as is not null and n.chapter_id in (pg_temp.id('long'), pg_temp.id('longer'))), 6::bigint,
  'the lists leave long names to the table of names');
select pg_temp.add_mentor('short ' || n, chapter) from generate_series(1, 8) n cross join lateral (values ('long'), ('longer')) v (chapter)
where n % 2 = case chapter when 'long' then 0 else 1 end;
select pg_temp.certify('long exp', -1), pg_temp.certify('longer exp', -1);
select pg_temp.certify('short ' || n, -1) from generate_series(1, 8) n where n % 2 = 1;
select pg_temp.answer('coordinator of ' || chapter, format('public.pause_mentor(%L, ''Ferie'', null)', pg_temp.id(chapter || ' pau')))
from unnest(array['long', 'longer']) chapter;
select is((
    select array_agg(right(m ->> 'display_name', 3)) from jsonb_array_elements(pg_temp.answer('coordinator of ' || chapter,
      format('public.coordinator_roster(status => array[%L], search => %L)', status, chr(44032 + 2657))) -> 'mentors') m),
  array[expected], format('one who is %s, where %s', status, what))
from (values ('long', 'few are expired'), ('longer', 'most are expired')) c (chapter, what)
cross join (values ('active', 'act'), ('paused', 'pau'), ('expired_cert', 'exp')) s (status, expected);
select is(jsonb_array_length(pg_temp.answer('coordinator of long', 'public.coordinator_roster(search => ''act'')') -> 'mentors'), 1, 'and without a status');

-- The first are read before the rest: a mentor of several chapters, whose rows are neighbours,
-- is not cut in two, in whichever of them they are today.
select pg_temp.add_chapter(c) from unnest(array['one', 'other']) c;
select pg_temp.add_person(p.name, p.display_name)
from (values ('first', 'Xenia A'), ('second', 'Xenia B'), ('third', 'Xenia C'), ('fourth', 'Xenia D')) p (name, display_name);
insert into public.chapter_memberships (user_id, role, chapter_id, started_at)
select pg_temp.id(m.name), 'mentor', pg_temp.id(m.chapter), pg_temp.midnight(m.from_day)
from (values (1, 'first', 'one', -30), (2, 'second', 'one', 30), (3, 'second', 'other', -30),
  (4, 'third', 'one', -30), (5, 'fourth', 'one', -30), (6, 'fourth', 'other', 30)) m (nth, name, chapter, from_day)
order by m.nth;
insert into public.pause_records (mentor_id, status) values (pg_temp.id('first'), 'paused'), (pg_temp.id('third'), 'paused');
select is(
  array(select p.mentor_id from private.pick_by_name(array(select pg_temp.id(c) from unnest(chapters) c),
    (private.roster_filters('{active}', 'xenia', null, null, pg_temp.today()))[1], pg_temp.today(), after.name, pg_temp.id(after.id), 1) p),
  array[pg_temp.id(found)], format('the next behind %L in %s', after.name, chapters))
from (values ('', 'first', 'second'), ('Xenia B', 'second', 'fourth')) after (name, id, found)
cross join (values (array['one', 'other']), (array['other', 'one'])) c (chapters);

select * from finish();
rollback;
