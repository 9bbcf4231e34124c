-- What an import does with each row of a list, whom it knows again, who may import what, and
-- that the real run does what the dry run showed.
begin;
\ir _fixtures.psql

select plan(131);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_chapter('closed');
update public.chapters set name = 'PGTAP Oslo' where id = pg_temp.id('oslo');
update public.chapters set name = 'PGTAP  Bergen' where id = pg_temp.id('bergen');
update public.chapters set name = 'pgtap closed', closed_at = now() - interval '1 day' where id = pg_temp.id('closed');
insert into public.chapters (id, name) values (pg_temp.id('twin 1'), 'pgtap twin'), (pg_temp.id('twin 2'), 'PGTAP Twin');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Kari Koordinator');
select pg_temp.add_coordinator('bergen coordinator', 'bergen', 'Berit Koordinator');
select pg_temp.add_coordinator('namesake', 'bergen', 'Navn Likt');
select pg_temp.add_coordinator('namesake 2', 'bergen', 'navn  likt');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_mentor('mentor', 'oslo', 'Mona Mentor');
insert into public.certification_kinds (code, name_nb, name_nn, name_en, months_valid)
values ('pgtap course', 'PGTAP Kurs', 'PGTAP Kurset', 'PGTAP Course', 24), ('pgtap police', 'PGTAP Attest', 'PGTAP Attest', 'PGTAP Police', null),
  ('pgtap other', 'PGTAP Likt', 'PGTAP Likt', 'PGTAP Likt', null), ('pgtap another', 'pgtap likt', 'PGTAP Likt', 'PGTAP Likt', null);

create function pg_temp.day(days integer) returns text
language sql stable as $$ select (pg_temp.today() + days)::text $$;

-- A list of rows, which are objects. Each has the number of its place, from 2 on, and is
-- about somebody of its own unless it says otherwise.
create function pg_temp.list(variadic items jsonb[]) returns jsonb
language sql stable as $$
  select jsonb_build_object('rows', jsonb_agg(jsonb_build_object('row', place + 1, 'person', place + 1) || item order by place))
  from unnest(items) with ordinality i (item, place)
$$;
create temporary table lists (name text primary key, list jsonb, preview text, answer jsonb);
grant select on lists to public;

-- A dry run, then the real one. What it says of each row, in short.
create function pg_temp.import(actor text, list jsonb, options text default '') returns jsonb
language plpgsql as $$
declare
  dry jsonb;
  done jsonb;
begin
  insert into lists values ('last', import.list) on conflict (name) do update set list = excluded.list;
  dry := pg_temp.answer(actor, format('public.import_people((select list from pg_temp.lists where name = ''last'')%s)', options));
  done := pg_temp.answer(actor, format('public.import_people((select list from pg_temp.lists where name = ''last''), preview => %L%s)', dry ->> 'preview', options));
  update lists set preview = dry ->> 'preview', answer = done where name = 'last';
  if dry - '{dry_run,rows}'::text[] <> done - '{dry_run,rows}'::text[] then
    raise exception 'the dry run said %, the real one %', dry, done;
  end if;
  if (select jsonb_agg(r - 'person_id') from jsonb_array_elements(dry -> 'rows') r) <> (select jsonb_agg(r - 'person_id') from jsonb_array_elements(done -> 'rows') r) then
    raise exception 'the dry run showed %, the real one %', dry, done;
  end if;
  return done;
end
$$;
create function pg_temp.outcomes(answer jsonb) returns text[]
language sql stable as $$
  select array(
    select concat_ws(' ', r ->> 'row', r ->> 'outcome',
      nullif((select string_agg((p ->> 'column') || ':' || (p ->> 'code') || coalesce(':' || (p ->> 'other'), ''), ' ') from jsonb_array_elements(r -> 'problems') p), ''))
    from jsonb_array_elements(answer -> 'rows') r)
$$;
create function pg_temp.changes(answer jsonb, place integer default 0) returns jsonb
language sql stable as $$ select answer -> 'rows' -> place -> 'changes' $$;
create function pg_temp.counts(answer jsonb) returns text
language sql stable as $$
  select concat_ws(' ', answer #>> '{counts,new}', answer #>> '{counts,changed}', answer #>> '{counts,unchanged}', answer #>> '{counts,refused}',
    answer #>> '{counts,possible_duplicate}')
$$;
-- Everything that an import writes.
create function pg_temp.entered() returns text
language sql stable as $$
  select md5(concat(pg_temp.written(),
    (select string_agg(p::text, '|' order by p.id) from public.profiles p),
    (select string_agg(c::text, '|' order by c.person_id) from public.contacts c),
    (select string_agg(x::text, '|' order by x.source, x.external_id) from public.external_ids x),
    (select string_agg(m::text, '|' order by m.id) from public.chapter_memberships m),
    (select string_agg(c::text, '|' order by c.id) from public.certifications c),
    (select string_agg(a::text, '|' order by a.id) from public.coordinator_assignments a),
    (select string_agg(l::text, '|' order by l.id) from public.people_log l)))
$$;
create function pg_temp.person(source text, number text) returns uuid
language sql stable as $$ select x.person_id from public.external_ids x where x.source = $1 and x.external_id = $2 $$;
create temporary table states (name text primary key, state text);

-- New.

create temporary table answers (name text primary key, answer jsonb);
insert into lists values ('first', pg_temp.list(
  jsonb_build_object('display_name', 'Anne Ny', 'email', 'anne@pgtap.example', 'phone', '+4791234567', 'external_id', '1', 'chapter', 'pgtap OSLO',
    'coordinator', 'kari  KOORDINATOR', 'started_on', pg_temp.day(-100), 'locale', 'nn',
    'certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap kurs', 'issued_on', pg_temp.day(-90)),
      jsonb_build_object('kind', 'PGTAP  Police', 'issued_on', pg_temp.day(-80), 'expires_on', 'never'))),
  jsonb_build_object('display_name', 'Ola Ny', 'external_id', '2', 'chapter', 'PGTAP Bergen', 'coordinator', 'bo@pgtap.example'),
  jsonb_build_object('display_name', 'Bo Ny', 'email', 'bo@pgtap.example', 'chapter', 'pgtap bergen', 'role', 'coordinator', 'started_on', pg_temp.day(-5)),
  jsonb_build_object('row', 7, 'person', 3, 'external_id', '2', 'chapter', 'PGTAP Oslo', 'started_on', pg_temp.day(-400), 'last_day', pg_temp.day(-30))));
insert into states values ('before', pg_temp.entered());
insert into answers values ('dry', pg_temp.answer('office', $$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap')$$));
select is(pg_temp.entered(), (select state from states where name = 'before'), 'a dry run writes nothing');
select is((select answer -> 'dry_run' from answers where name = 'dry'), 'true', 'and says so');
select is((select pg_temp.counts(answer) from answers where name = 'dry'), '4 0 0 0 0', 'four rows of new people');
select is((select array_agg(r -> 'person_id') from answers, jsonb_array_elements(answer -> 'rows') r where name = 'dry'),
  array_fill('null'::jsonb, array[4]), 'who have no ids yet');
select is((select pg_temp.changes(answer) from answers where name = 'dry'), jsonb_build_object(
  'display_name', '{"from": null, "to": "Anne Ny"}'::jsonb, 'email', '{"from": null, "to": "anne@pgtap.example"}'::jsonb,
  'phone', '{"from": null, "to": "+4791234567"}'::jsonb, 'external_id', '{"from": null, "to": "1"}'::jsonb, 'locale', '{"from": null, "to": "nn"}'::jsonb,
  'chapter', '{"from": null, "to": "PGTAP Oslo"}'::jsonb, 'role', '{"from": null, "to": "mentor"}'::jsonb,
  'started_on', jsonb_build_object('from', null, 'to', pg_temp.day(-100)), 'coordinator', '{"from": null, "to": "Kari Koordinator"}'::jsonb,
  'certification_kind', '{"from": null, "to": "pgtap course"}'::jsonb, 'issued_on', jsonb_build_object('from', null, 'to', pg_temp.day(-90)),
  'expires_on', jsonb_build_object('from', null, 'to', (pg_temp.today() - 90 + interval '2 years')::date),
  'certification_kind_2', '{"from": null, "to": "pgtap police"}'::jsonb, 'issued_on_2', jsonb_build_object('from', null, 'to', pg_temp.day(-80)),
  'expires_on_2', '{"from": null, "to": "never"}'::jsonb), 'with everything that would be entered');
select pg_temp.refuses('office', $$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap', preview => repeat('0', 64))$$,
  'preview_outdated', 409, 'without the preview nothing is carried out');
select is(pg_temp.entered(), (select state from states where name = 'before'), 'nor written');
insert into answers values ('real', pg_temp.answer('office', format(
  $$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap', preview => %L, request_id => pg_temp.id('key'))$$,
  (select answer ->> 'preview' from answers where name = 'dry'))));
select is((select answer - '{dry_run,rows}'::text[] from answers where name = 'real'), (select answer - '{dry_run,rows}'::text[] from answers where name = 'dry'),
  'with it, the same is');
select is((select array[r ->> 'person_id'] from answers, jsonb_array_elements(answer -> 'rows') r where name = 'real' limit 1),
  array[pg_temp.person('pgtap', '1')::text], 'and has its id');
select is((select array[p.display_name::text, p.locale, c.email, c.phone] from public.profiles p join public.contacts c on c.person_id = p.id where p.id = pg_temp.person('pgtap', '1')),
  array['Anne Ny', 'nn', 'anne@pgtap.example', '+4791234567'], 'the person');
select is((select array_agg(format('%s %s %s', m.role, m.started_at = pg_temp.midnight(-100), m.ended_at)) from public.chapter_memberships m where m.user_id = pg_temp.person('pgtap', '1')),
  array['mentor t '], 'the membership, from midnight');
select is(array(select format('%s %s %s', c.kind, c.issued_on - pg_temp.today(), c.expires_on) from public.certifications c where c.mentor_id = pg_temp.person('pgtap', '1') order by 1),
  array[format('pgtap course -90 %s', (pg_temp.today() - 90 + interval '2 years')::date), 'pgtap police -80 '], 'the certifications');
select is(array(select a.coordinator_id from public.coordinator_assignments a where a.mentor_id = pg_temp.person('pgtap', '1')), array[pg_temp.id('coordinator')], 'the coordinator, by name');
select is(array(select p.display_name::text from public.coordinator_assignments a join public.profiles p on p.id = a.coordinator_id where a.mentor_id = pg_temp.person('pgtap', '2')),
  array['Bo Ny'], 'and one from further down, by address');
select is(array(select format('%s %s %s', c.id = pg_temp.id('bergen'), m.started_at = pg_temp.midnight(case when c.id = pg_temp.id('bergen') then 0 else -400 end),
    m.ended_at = pg_temp.midnight(-29)) from public.chapter_memberships m join public.chapters c on c.id = m.chapter_id where m.user_id = pg_temp.person('pgtap', '2') order by 1),
  array['f t t', 't t '], 'several rows of one person are one person, a last day counts whole, a blank first one is today');
select is(array(select distinct format('%s %s %s', l.command, pg_temp.name_of(l.actor_id), l.before is null) from public.people_log l where l.person_id in (pg_temp.person('pgtap', '1'), pg_temp.person('pgtap', '2'))),
  array['import office t'], 'the log says who imported them, and the triggers nothing');
select is((select l.after - 'coordinator_id' ->> 'display_name' from public.people_log l where l.person_id = pg_temp.person('pgtap', '1')), 'Anne Ny', 'and what');
select is((select (l.after ->> 'coordinator_id')::uuid from public.people_log l where l.person_id = pg_temp.person('pgtap', '1')), pg_temp.id('coordinator'), 'coordinators by id alone');
select is((select count(*) from private.find_roster_differences(array[pg_temp.person('pgtap', '1'), pg_temp.person('pgtap', '2')])), 0::bigint, 'the roster shows them');
select is(pg_temp.answer('office', format(
  $$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap', preview => %L, request_id => pg_temp.id('key'))$$,
  (select answer ->> 'preview' from answers where name = 'dry'))), (select answer from answers where name = 'real'), 'the same key gives the same answer');
select is(current_setting('response.headers', true), '[{"idempotent-replayed": "true"}]', 'marked as such');
select pg_temp.refuses('office', format($$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap', preview => %L)$$,
  (select answer ->> 'preview' from answers where name = 'dry')), 'preview_outdated', 409, 'a used preview is outdated');
select pg_temp.refuses('office', format($$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'other', preview => %L, request_id => pg_temp.id('key'))$$,
  (select answer ->> 'preview' from answers where name = 'dry')), 'idempotency_key_reused', 422, 'the key with another source is refused');

-- Whoever was replaced as a coordinator is not assigned again by the next file.
savepoint replaced;
update public.coordinator_assignments set ended_at = now() where mentor_id = pg_temp.person('pgtap', '1');
select is(pg_temp.counts(pg_temp.answer('office', $$public.import_people((select list from pg_temp.lists where name = 'first'), source => 'pgtap')$$)),
  '0 0 4 0 0', 'an assignment that has ended is not begun again');
rollback to savepoint replaced;

-- The same again changes nothing; whoever is known by address too.
insert into states values ('first', md5(concat(
  (select string_agg(l::text, '|' order by l.id) from public.people_log l), (select string_agg(m::text, '|' order by m.id) from public.chapter_memberships m))));
insert into answers values ('again', pg_temp.import('office', (select list from lists where name = 'first'), ', source => ''pgtap'''));
select is((select pg_temp.counts(answer) || (answer ->> 'rows') from answers where name = 'again'), '0 0 4 0 0[]', 'the same list again changes nothing');
select is(md5(concat(
  (select string_agg(l::text, '|' order by l.id) from public.people_log l), (select string_agg(m::text, '|' order by m.id) from public.chapter_memberships m))),
  (select state from states where name = 'first'), 'and writes nothing');
select pg_temp.refuses('office', format($$public.import_people((select list from pg_temp.lists where name = 'last'), source => 'pgtap', preview => %L)$$,
  (select preview from lists where name = 'last')), 'preview_outdated', 409, 'though nothing changed, its preview is used');

-- Changed. Each is one row about Anne Ny.
create function pg_temp.anne(item jsonb) returns jsonb
language sql as $$
  select pg_temp.import('office', pg_temp.list('{"external_id": "1"}'::jsonb || item), ', source => ''pgtap'', chapter_id => pg_temp.id(''oslo'')')
$$;
select is(pg_temp.changes(pg_temp.anne(item)), changes, why)
from (values
  ('{"display_name": "Anne Nyere"}'::jsonb, '{"display_name": {"from": "Anne Ny", "to": "Anne Nyere"}}'::jsonb, 'a new name'),
  ('{"phone": "+4799999999", "locale": "en"}', '{"phone": {"from": "+4791234567", "to": "+4799999999"}, "locale": {"from": "nn", "to": "en"}}', 'number and language'),
  ('{"email": "anne.ny@pgtap.example"}', '{"email": {"from": "anne@pgtap.example", "to": "anne.ny@pgtap.example"}}', 'an address'),
  ('{}', null, 'blank changes nothing'),
  (jsonb_build_object('started_on', pg_temp.day(-120)), jsonb_build_object('started_on', jsonb_build_object('from', pg_temp.day(-100), 'to', pg_temp.day(-120))), 'another first day'),
  (jsonb_build_object('last_day', pg_temp.day(20)), jsonb_build_object('last_day', jsonb_build_object('from', null, 'to', pg_temp.day(20))), 'a last day'),
  ('{"last_day": "never"}', jsonb_build_object('last_day', jsonb_build_object('from', pg_temp.day(20), 'to', null)), 'never takes it back'),
  ('{"role": "coordinator"}', jsonb_build_object('chapter', '{"from": null, "to": "PGTAP Oslo"}'::jsonb, 'role', '{"from": null, "to": "coordinator"}'::jsonb,
    'started_on', jsonb_build_object('from', null, 'to', pg_temp.day(0))), 'another role'),
  (jsonb_build_object('certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-90)))), null, 'a certification that is there'),
  (jsonb_build_object('certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-90), 'expires_on', pg_temp.day(10)))),
    jsonb_build_object('certification_kind', '{"from": "pgtap course", "to": "pgtap course"}'::jsonb, 'issued_on', jsonb_build_object('from', pg_temp.day(-90), 'to', pg_temp.day(-90)),
      'expires_on', jsonb_build_object('from', (pg_temp.today() - 90 + interval '2 years')::date, 'to', pg_temp.day(10))), 'one that ends earlier'),
  (jsonb_build_object('certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-90), 'expires_on', pg_temp.day(50)))),
    jsonb_build_object('certification_kind', '{"from": null, "to": "pgtap course"}'::jsonb, 'issued_on', jsonb_build_object('from', null, 'to', pg_temp.day(-90)),
      'expires_on', jsonb_build_object('from', null, 'to', pg_temp.day(50))), 'one that ends later is another row')
) r (item, changes, why);
select is((select array[p.display_name::text, p.locale, c.email, c.phone] from public.profiles p join public.contacts c on c.person_id = p.id where p.id = pg_temp.person('pgtap', '1')),
  array['Anne Nyere', 'en', 'anne.ny@pgtap.example', '+4799999999'], 'all of it is stored');
select is((select jsonb_build_array(l.before, l.after) from public.people_log l where l.person_id = pg_temp.person('pgtap', '1') and l.after ? 'display_name' order by l.id desc limit 1),
  '[{"display_name": "Anne Ny"}, {"display_name": "Anne Nyere"}]', 'and logged, before and after');
select is((select array[answer #>> '{warnings,0,code}', answer #>> '{warnings,0,field}', answer #>> '{warnings,0,share}'] from (select pg_temp.anne('{"phone": "+4799999998"}') as answer) a),
  array['changes_many', 'phone', '1.000'], 'what changes in many rows is warned of');
create function pg_temp.ten(changed integer) returns jsonb
language sql as $$
  select pg_temp.import('office', (
    select pg_temp.list(variadic array_agg(jsonb_build_object('external_id', 'ten ' || n, 'display_name', 'Ti ' || n,
      'phone', '+479000' || case when n <= changed then 1000 * changed else 0 end + 1000 + n) order by n))
    from generate_series(1, 10) n), ', source => ''pgtap ten'', chapter_id => pg_temp.id(''oslo'')') -> 'warnings'
$$;
select is(array[pg_temp.ten(0), pg_temp.ten(2)], array['[]', '[]']::jsonb[], 'not what changes in two of ten rows');
select is(pg_temp.ten(3), '[{"code": "changes_many", "field": "phone", "share": 0.300}]', 'but in three, with what was two');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list('{"email": "bo@pgtap.example", "external_id": "3"}'), ', source => ''pgtap'', chapter_id => pg_temp.id(''bergen'')')),
  array['2 changed'], 'an unknown number with a known address');
select is((select p.display_name::text from public.profiles p where p.id = pg_temp.person('pgtap', '3')), 'Bo Ny', 'adds the number');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list(jsonb_build_object('email', pg_temp.id('mentor') || '@pgtap.example', 'phone', '+4790000000')), ', chapter_id => pg_temp.id(''oslo'')')),
  array['2 changed'], 'the address in Supabase Auth is known');

-- Refused, each whole.
insert into public.external_ids values ('pgtap', 'mentor', pg_temp.id('mentor'));
insert into states values ('refused', pg_temp.entered());
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list(item), ', source => ''pgtap''' || options)), array['2 refused ' || problem], problem)
from (values
  ('{"display_name": "A", "chapter": "nowhere"}'::jsonb, '', 'chapter:chapter_unknown'),
  ('{"display_name": "A", "chapter": "pgtap twin"}', '', 'chapter:chapter_ambiguous'),
  ('{"display_name": "A"}', '', 'chapter:chapter_missing'),
  ('{"display_name": "A", "chapter": "pgtap closed"}', '', 'chapter:chapter_closed'),
  ('{"email": "ukjent@pgtap.example", "chapter": "pgtap oslo"}', '', 'display_name:name_missing'),
  (jsonb_build_object('external_id', '1', 'email', pg_temp.id('mentor') || '@pgtap.example', 'chapter', 'pgtap oslo'), '', 'email:email_of_another'),
  ('{"display_name": "A", "chapter": "pgtap oslo", "coordinator": "Ukjent"}', '', 'coordinator:coordinator_unknown'),
  ('{"display_name": "A", "chapter": "pgtap oslo", "coordinator": "Berit Koordinator"}', '', 'coordinator:coordinator_unknown'),
  ('{"display_name": "A", "chapter": "pgtap bergen", "coordinator": "Navn Likt"}', '', 'coordinator:coordinator_ambiguous'),
  (jsonb_build_object('display_name', 'A', 'chapter', 'pgtap oslo', 'certifications', jsonb_build_array(jsonb_build_object('kind', 'ukjent', 'issued_on', pg_temp.day(-9)))), '', 'certification_kind:kind_unknown'),
  (jsonb_build_object('display_name', 'A', 'chapter', 'pgtap oslo', 'certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap likt', 'issued_on', pg_temp.day(-9)))), '', 'certification_kind:kind_ambiguous'),
  (jsonb_build_object('display_name', 'A', 'chapter', 'pgtap oslo', 'certifications', jsonb_build_array(
    jsonb_build_object('kind', 'pgtap kurs', 'issued_on', pg_temp.day(-9), 'expires_on', pg_temp.day(9)),
    jsonb_build_object('kind', 'pgtap kurs', 'issued_on', pg_temp.day(-9), 'expires_on', pg_temp.day(8)))), '', 'expires_on:contradicts_row:2'),
  (jsonb_build_object('display_name', 'A', 'chapter', 'pgtap oslo', 'last_day', pg_temp.day(-9)), '', 'started_on:start_missing'),
  ('{"display_name": "A", "chapter": "pgtap oslo", "started_on": "1899-12-31"}', '', 'started_on:date_out_of_range'),
  (jsonb_build_object('display_name', 'A', 'chapter', 'pgtap oslo', 'started_on', pg_temp.day(-9), 'last_day', pg_temp.day(-10)), '', 'last_day:ends_before_start'),
  (jsonb_build_object('external_id', '2', 'chapter', 'pgtap oslo'), '', 'started_on:membership_ended'),
  (jsonb_build_object('external_id', '2', 'chapter', 'pgtap oslo', 'started_on', pg_temp.day(-400), 'last_day', pg_temp.day(9)), '', 'started_on:membership_ended'),
  (jsonb_build_object('external_id', '2', 'chapter', 'pgtap oslo', 'started_on', pg_temp.day(-200)), '', 'started_on:membership_overlaps'),
  (jsonb_build_object('external_id', '1', 'chapter', 'pgtap oslo', 'last_day', pg_temp.day(-130)), '', 'last_day:ends_before_start')
) r (item, options, problem);
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list(jsonb_build_object('external_id', 'mentor', 'chapter', 'pgtap oslo'),
  jsonb_build_object('email', pg_temp.id('mentor') || '@pgtap.example', 'chapter', 'pgtap oslo')), ', source => ''pgtap''')),
  array['3 refused external_id:person_repeated:2'], 'number and address of one person, as two');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list('{"display_name": "A", "refused": true, "chapter": "nowhere"}'), ', source => ''pgtap''')),
  array['2 refused'], 'what could not be read is refused without another problem');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list(
  jsonb_build_object('display_name', 'A', 'external_id', 'a', 'chapter', 'pgtap oslo', 'started_on', pg_temp.day(-90)),
  jsonb_build_object('person', 2, 'external_id', 'a', 'chapter', 'pgtap oslo', 'started_on', pg_temp.day(-80))), ', source => ''pgtap''')), array['2 new', '3 refused started_on:membership_overlaps'],
  'memberships of a list that overlap');
select is(pg_temp.entered() <> (select state from states where name = 'refused'), true, 'of which the first was entered');
select is(pg_temp.answer('administrator', format('public.revoke_certification(%L, pg_temp.today() + 5) is not null',
  (select c.id from public.certifications c where c.mentor_id = pg_temp.person('pgtap', '1') and c.expires_on = pg_temp.today() + 50))), 'true', 'a certification is revoked');
select is(pg_temp.outcomes(pg_temp.anne(jsonb_build_object('certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-90), 'expires_on', pg_temp.day(50)))))),
  array['2 refused expires_on:certification_revoked'], 'and an older list does not bring it back');
select is(pg_temp.answer('administrator', format('public.remove_certification(%L) is not null',
  (select c.id from public.certifications c where c.mentor_id = pg_temp.person('pgtap', '1') and c.kind = 'pgtap police'))), 'true', 'a mistake is removed');
select is(pg_temp.outcomes(pg_temp.anne(jsonb_build_object('certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap police', 'issued_on', pg_temp.day(-80)))))),
  array['2 refused certification_kind:certification_removed'], 'nor that');

-- Perhaps the same.
select is(pg_temp.outcomes(answer) || (answer #>> '{rows,0,person_id}'), array['2 possible_duplicate', pg_temp.id('mentor')::text], 'a name that somebody active in the chapter has')
from (select pg_temp.import('office', pg_temp.list('{"display_name": "MONA  mentor", "external_id": "new", "chapter": "PGTAP Oslo"}'), ', source => ''pgtap''') as answer) a;
select is((select count(*) from public.external_ids where external_id = 'new'), 0::bigint, 'is left out');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list('{"display_name": "Mona Mentor", "external_id": "new", "chapter": "PGTAP Bergen"}'), ', source => ''pgtap''')),
  array['2 new'], 'in another chapter she is somebody else');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list('{"display_name": "To Like", "chapter": "PGTAP Bergen"}', '{"display_name": "to like", "chapter": "PGTAP Bergen"}'))),
  array['2 new', '3 possible_duplicate'], 'two rows of one name that nothing tells apart');
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list('{"display_name": "Tre Like", "external_id": "t1", "chapter": "PGTAP Bergen"}', '{"display_name": "Tre Like", "external_id": "t2", "chapter": "PGTAP Bergen"}'), ', source => ''pgtap''')),
  array['2 new', '3 new'], 'two that their numbers tell apart');

-- Who is missing.
select is(array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.anne('{}') -> 'missing') m), array['A', 'Mona Mentor'],
  'missing is who is known by the source and active in the chapters of the list');
select is((select ended_at from public.chapter_memberships where user_id = pg_temp.id('mentor')), null, 'and nobody touches them');

-- Rights.
create function pg_temp.outcome(actor text, expression text) returns text
language plpgsql as $$
declare
  state text;
  message text;
begin
  begin
    perform pg_temp.answer(actor, expression);
    raise exception using errcode = 'TAP00';
  exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text;
  end;
  return case state when 'TAP00' then 'allowed' when 'PGRST' then message::jsonb ->> 'code' else state end;
end
$$;
select is(pg_temp.outcome(actor, $$public.import_people(pg_temp.list('{"display_name": "Rett Hest"}'), chapter_id => pg_temp.id('oslo'))$$), outcome, actor || ' imports into Oslo')
from (values ('mentor', 'not_an_administrator'), ('coordinator', 'not_an_administrator'), ('administrator', 'allowed'), ('bergen administrator', 'chapter_not_found'),
  ('office', 'allowed'), ('anon', '42501'), ('service_role', 'allowed')) r (actor, outcome);
select is(has_function_privilege(r, 'public.import_people(jsonb,uuid,text,text,uuid)', 'execute'), false, r || ' imports nothing')
from unnest(array['anon', 'pause_scheduler']) r;
select pg_temp.claim('authenticated', jsonb_build_object('sub', pg_temp.id('mentor'), 'role', 'service_role'));
select throws_ok($$ select public.import_people(pg_temp.list('{"display_name": "Rett Hest"}'), chapter_id => pg_temp.id('oslo')) $$, 'PGRST', null, 'claims alone make nobody service_role');
select pg_temp.sign_out();
select is(pg_temp.outcomes(pg_temp.import('administrator', pg_temp.list('{"display_name": "Ny i Bergen", "chapter": "pgtap bergen"}'))),
  array['2 refused chapter:chapter_unknown'], 'another chapter is as if it did not exist');
select is(pg_temp.outcomes(pg_temp.import('administrator', pg_temp.list('{"display_name": "Ny i Oslo"}'))), array['2 new'], 'the only chapter of an administrator need not be named');
insert into lists values ('elsewhere', pg_temp.list(jsonb_build_object('external_id', 'mentor', 'display_name', 'Et Annet Navn', 'phone', '+4790000009', 'chapter', 'PGTAP Bergen',
  'coordinator', 'Berit Koordinator', 'certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-9))))));
insert into answers values ('elsewhere', pg_temp.import('bergen administrator', (select list from lists where name = 'elsewhere'), ', source => ''pgtap'''));
select is((select pg_temp.outcomes(answer) from answers where name = 'elsewhere'), array['2 changed display_name:belongs_elsewhere'], 'somebody of another chapter belongs elsewhere');
select is((select pg_temp.changes(answer) - 'started_on' from answers where name = 'elsewhere'), '{"chapter": {"from": null, "to": "PGTAP  Bergen"}, "role": {"from": null, "to": "mentor"}}',
  'and gets the membership alone');
select is((select format('%s %s %s %s', p.display_name, c.phone, (select count(*) from public.certifications h where h.mentor_id = p.id), (select count(*) from public.coordinator_assignments a where a.mentor_id = p.id))
  from public.profiles p join public.contacts c on c.person_id = p.id where p.id = pg_temp.id('mentor')), 'Mona Mentor +4790000000 0 0', 'nothing else of her is changed');
select is(pg_temp.counts(pg_temp.import('bergen administrator', (select list from lists where name = 'elsewhere'), ', source => ''pgtap''')), '0 0 1 0 0', 'by the same list again neither');
select is((select answer #>> '{warnings,0,code}' from lists where name = 'last'), 'belongs_elsewhere', 'of which it is warned');
select is(pg_temp.counts(pg_temp.import('office', (select list from lists where name = 'elsewhere'), ', source => ''pgtap''')), '0 1 0 0 0', 'the office changes the rest');
select is(pg_temp.counts(pg_temp.import('service_role', pg_temp.list('{"display_name": "Fra Skall", "external_id": "s1", "chapter": "PGTAP Oslo"}'), ', source => ''pgtap''')), '1 0 0 0 0', 'service_role imports everywhere');
select is((select array[l.command, l.actor_id::text] from public.people_log l where l.person_id = pg_temp.person('pgtap', 's1')), array['import', null], 'and is logged as nobody');

-- The stored status follows at once.
select is(pg_temp.outcomes(pg_temp.import('office', pg_temp.list(jsonb_build_object('display_name', 'Utløpt Kurs', 'external_id', 'u', 'chapter', 'PGTAP Oslo', 'started_on', pg_temp.day(-800),
  'certifications', jsonb_build_array(jsonb_build_object('kind', 'pgtap course', 'issued_on', pg_temp.day(-790), 'expires_on', pg_temp.day(-20))))), ', source => ''pgtap''')), array['2 new'], 'somebody whose course has expired');
select is((select r.status from public.pause_records r where r.mentor_id = pg_temp.person('pgtap', 'u')), 'expired_cert', 'is stored as expired');

-- What the preview showed has to hold.
insert into lists values ('stale', pg_temp.list('{"external_id": "1", "phone": "+4791111111"}'));
update lists set preview = pg_temp.answer('office', $$public.import_people((select list from pg_temp.lists where name = 'stale'), source => 'pgtap')$$) ->> 'preview' where name = 'stale';
update public.contacts set phone = '+4792222222' where person_id = pg_temp.person('pgtap', '1');
select pg_temp.refuses('office', format($$public.import_people((select list from pg_temp.lists where name = 'stale'), source => 'pgtap', preview => %L)$$, (select preview from lists where name = 'stale')),
  'preview_outdated', 409, 'what has changed since the preview outdates it');

-- A mapping is remembered for the chapters, and by them alone.
insert into lists values ('mapped', pg_temp.list('{"display_name": "Kartlagt", "external_id": "k", "chapter": "PGTAP Oslo"}') || jsonb_build_object('header_set', repeat('a', 64), 'mapping', '{"Gruppe": "chapter"}'::jsonb));
select is(pg_temp.counts(pg_temp.import('administrator', (select list from lists where name = 'mapped'), ', source => ''pgtap''')), '1 0 0 0 0', 'a list with a mapping');
select is(pg_temp.answer('administrator', $$public.import_people((select list - 'mapping' from pg_temp.lists where name = 'mapped'), source => 'pgtap')$$), '{"remembered": {"Gruppe": "chapter"}}',
  'is remembered for its headers');
select is(pg_temp.answer('office', $$public.import_people((select list - 'mapping' from pg_temp.lists where name = 'mapped'), source => 'pgtap')$$), '{"remembered": {"Gruppe": "chapter"}}', 'by the office too');
select is(pg_temp.answer('bergen administrator', $$public.import_people((select list - 'mapping' from pg_temp.lists where name = 'mapped'), source => 'pgtap') -> 'remembered'$$), null, 'and not by another chapter');
select is(pg_temp.answer('administrator', $$public.import_people((select list || '{"mapping": {}}' from pg_temp.lists where name = 'mapped'), source => 'pgtap') -> 'remembered'$$), null, 'unless none is meant');

-- What shared/memberlist would not have made.
select pg_temp.refuses('office', format('public.import_people(%L, chapter_id => pg_temp.id(''oslo''))', list), 'invalid_request', 400, why, field)
from (values
  (null, 'list', 'no list'), ('[]', 'list', 'no object'), ('{}', 'list', 'no rows'), ('{"rows": []}', 'list', 'none'), ('{"rows": [{"row": "x"}]}', 'list', 'a number that is none'),
  ('{"rows": [{"row": 2, "person": 3}]}', 'list', 'a person further down'),
  ('{"rows": [{"row": 2, "person": 2, "display_name": "01019010046"}]}', 'list', 'an identity number as a name'),
  ('{"rows": [{"row": 2, "person": 2, "external_id": "010190 10046"}]}', 'list', 'or a member number'),
  ('{"rows": [{"row": 2, "person": 2, "email": "Anne"}]}', 'list', 'an address that is none'), ('{"rows": [{"row": 2, "person": 2, "phone": "1"}]}', 'list', 'a telephone number'),
  ('{"rows": [{"row": 2, "person": 2, "role": "boss"}]}', 'list', 'a role'), ('{"rows": [{"row": 2, "person": 2, "started_on": "2026-02-30"}]}', 'list', 'a day'),
  ('{"rows": [{"row": 2, "person": 2, "last_day": "2026-02-30"}]}', 'list', 'a last day'), ('{"rows": [{"row": 2, "person": 2}, {"row": 2, "person": 2}]}', 'list', 'a row twice'),
  ('{"rows": [{"row": 2, "person": 2, "external_id": "1"}, {"row": 3, "person": 3, "external_id": "1"}]}', 'list', 'a number of two'),
  ('{"rows": [{"row": 2, "person": 2, "certifications": [{"kind": "pgtap kurs"}]}]}', 'list', 'a certification without a day'),
  ('{"rows": [{"row": 2, "person": 2}], "mapping": {"x": "boss"}}', 'mapping', 'a field that there is not'),
  ('{"rows": [{"row": 2, "person": 2}], "mapping": {"01019010046": "phone"}}', 'mapping', 'a header that must not be kept')
) r (list, field, why);
select is((select count(*) from public.people_log l where l.after::text ~ '01019010046|010190 10046'), 0::bigint, 'no identity number is anywhere');

-- An erasure reaches what an import has kept.
insert into states values ('anne', pg_temp.person('pgtap', '1')::text);
select is((select count(*) from private.idempotent_requests i where i.response::text like '%Anne Ny%'), 1::bigint, 'the kept answer of an import has names');
select is(pg_temp.answer('office', format('public.erase_person(%L) is not null', (select state from states where name = 'anne'))), 'true', 'one of them is erased');
select is((select count(*) from private.idempotent_requests i where i.response::text like '%Anne Ny%'), 0::bigint, 'it has ids only');
select is((select count(*) from public.people_log l where l.after::text like '%Anne Ny%' or l.before::text like '%Anne Ny%'), 0::bigint, 'as the log');

select * from finish();
rollback;
