-- What each command does, stores, logs and answers, and how it refuses.
begin;
\ir _fixtures.psql

select plan(113);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
insert into public.certification_kinds (code, months_valid) values ('pgtap course', 12), ('pgtap police', null);

create function pg_temp.logged(who text) returns text[]
language sql stable as $$
  select array(
    select l.command || ' by ' || coalesce(pg_temp.name_of(l.actor_id), '-')
    from public.people_log l where l.person_id = (select p.id from pg_temp.people p where p.name = who) order by l.id desc limit 1)
$$;

-- Register.

create temporary table answers (name text primary key, answer jsonb);
insert into answers values ('kari', pg_temp.answer('administrator', $$public.register_person(
  ' Kari Nordmann ', pg_temp.id('oslo'), null, 'nn', ' Kari@Example.NO', '912 34 567', pg_temp.today() - 10,
  jsonb_build_array(
    jsonb_build_object('kind', ' PGTAP Course', 'issued_on', pg_temp.today() - 10),
    jsonb_build_object('kind', 'pgtap police', 'issued_on', pg_temp.today() - 10, 'expires_on', pg_temp.today() + 5)),
  pg_temp.id('coordinator'), 'hypersys', '17', pg_temp.id('kari key'))$$));
insert into people select (answer #>> '{person,id}')::uuid, 'kari' from answers where name = 'kari';
create function pg_temp.kari() returns uuid language sql stable as $$ select id from pg_temp.people where name = 'kari' $$;
select is(
  (select (answer -> 'person') - '{id,memberships,certifications,assignments}'::text[] from answers where name = 'kari'),
  '{"display_name": "Kari Nordmann", "locale": "nn", "email": "kari@example.no", "phone": "+4791234567", "has_login": false,
    "external_ids": [{"source": "hypersys", "external_id": "17"}]}', 'a person is registered as written, tidied');
select is((select to_jsonb(array[m.chapter_id = pg_temp.id('oslo'), m.role = 'mentor', m.started_at = pg_temp.midnight(-10), m.ended_at is null])
  from public.chapter_memberships m where m.user_id = pg_temp.kari()), '[true, true, true, true]', 'with a membership from the midnight of the first day');
select is(
  array(select format('%s %s', c.kind, c.expires_on - pg_temp.today()) from public.certifications c where c.mentor_id = pg_temp.kari() order by 1),
  array[format('pgtap course %s', ((pg_temp.today() - 10 + interval '1 year')::date - pg_temp.today())), 'pgtap police 5'],
  'with certifications, each with the end given or that of its kind');
select is(array(select a.coordinator_id from public.coordinator_assignments a where a.mentor_id = pg_temp.kari()),
  array[pg_temp.id('coordinator')], 'with a coordinator');
select is(
  array(select l.command || ' ' || pg_temp.name_of(l.actor_id) || ' ' || (l.before is null) || ' ' || (l.after ->> 'display_name')
    from public.people_log l where l.person_id = pg_temp.kari()),
  array['register_person administrator true Kari Nordmann'], 'the log has one row for it, and none of the triggers');
select is(
  pg_temp.answer('administrator', $$public.register_person(
  ' Kari Nordmann ', pg_temp.id('oslo'), null, 'nn', ' Kari@Example.NO', '912 34 567', pg_temp.today() - 10,
  jsonb_build_array(
    jsonb_build_object('kind', ' PGTAP Course', 'issued_on', pg_temp.today() - 10),
    jsonb_build_object('kind', 'pgtap police', 'issued_on', pg_temp.today() - 10, 'expires_on', pg_temp.today() + 5)),
  pg_temp.id('coordinator'), 'hypersys', '17', pg_temp.id('kari key'))$$),
  (select answer from answers where name = 'kari'), 'the same key and request again: the same answer');
select is(current_setting('response.headers', true), '[{"idempotent-replayed": "true"}]', 'marked as such');
select is((select count(*) from public.profiles where display_name = 'Kari Nordmann'), 1::bigint, 'and nobody new');
select pg_temp.refuses('administrator', $$public.register_person('Ola', pg_temp.id('oslo'), request_id => pg_temp.id('kari key'))$$,
  'idempotency_key_reused', 422, 'the key with another request is refused');
select is(
  pg_temp.answer('coordinator', format('public.coordinator_roster() #> ''{mentors,0,mentor_id}''')), to_jsonb(pg_temp.kari()),
  'the roster shows her');

select pg_temp.refuses('administrator', $$public.register_person('Kari igjen', pg_temp.id('oslo'), email => 'KARI@example.no')$$,
  'already_exists', 409, 'known by address in the chapter and role', pg_temp.kari()::text);
select is(
  pg_temp.answer('administrator', $$public.register_person('Åse', pg_temp.id('oslo'), email => normalize('åse@example.no', nfd), started_on => '1900-01-01') #>> '{person,email}'$$),
  to_jsonb('åse@example.no'::text), 'an address is kept in one spelling, and a first day may be the first that there is');
select pg_temp.refuses('administrator', $$public.register_person('Åse igjen', pg_temp.id('oslo'), email => 'ÅSE@example.no')$$,
  'already_exists', 409, 'known by it in any spelling',
  (select c.person_id::text from public.contacts c where c.email = 'åse@example.no'));
select pg_temp.refuses('administrator', $$public.register_person('Kari igjen', pg_temp.id('oslo'), source => 'hypersys', external_id => '17')$$,
  'already_exists', 409, 'known by number', pg_temp.kari()::text);
select is(
  pg_temp.answer('bergen administrator', $$public.register_person('Noe annet', pg_temp.id('bergen'), phone => '99999999', source => 'hypersys', external_id => '17')$$),
  jsonb_build_object('person', jsonb_build_object('id', pg_temp.kari(), 'display_name', 'Kari Nordmann'), 'code', 'belongs_elsewhere'),
  'known elsewhere: the membership only, the name and nothing else');
select is((select p.display_name || ' ' || c.phone from public.profiles p join public.contacts c on c.person_id = p.id where p.id = pg_temp.kari()),
  'Kari Nordmann +4791234567', 'nothing else of her is changed');
select pg_temp.refuses('bergen administrator', $$public.update_person(pg_temp.kari(), 'Bergens Kari')$$, 'not_found', 404, 'who is active elsewhere too is not renamed');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.kari(), 'Oslos Kari')$$, 'not_found', 404, 'by neither');
select is(pg_temp.answer('office', $$public.update_person(pg_temp.kari(), 'Kari N.') #>> '{person,display_name}'$$), '"Kari N."', 'but by the office');

-- A name is read in the order in which it is written, whatever a program put between its letters.
select is(pg_temp.answer('office', $$public.update_person(pg_temp.kari(), E' \u200e\u2066Kari\u202e N.\u202c\u2069\u200f\u061c ') #>> '{person,display_name}'$$),
  '"Kari N."', 'controls of direction are no part of a name');
select is(pg_temp.answer('office', $$public.update_person(pg_temp.kari(), E'\u05d3\u05d5\u05d3 \u0645\u0631\u06cc\u0645\u200c') #>> '{person,display_name}'$$),
  to_jsonb(E'\u05d3\u05d5\u05d3 \u0645\u0631\u06cc\u0645\u200c'::text), 'letters of Hebrew and Persian are, and what joins them');
select is(pg_temp.answer('office', $$public.update_person(pg_temp.kari(), 'Kari N.') #>> '{person,display_name}'$$), '"Kari N."', 'and it is changed back');

select pg_temp.refuses('administrator', 'public.register_person(' || arguments || ')', 'invalid_request', 400, why, field)
from (values
  ($$'', pg_temp.id('oslo')$$, 'display_name', 'a name is required'),
  ($$E'\u200b', pg_temp.id('oslo')$$, 'display_name', 'one that can be seen'),
  ($$E'\u202e\u2069', pg_temp.id('oslo')$$, 'display_name', 'and not of controls of direction alone'),
  ($$repeat('x', 201), pg_temp.id('oslo')$$, 'display_name', 'of at most 200 characters'),
  ($$'Ola 01010112345', null$$, 'chapter_id', 'a chapter is required'),
  ($$'Ola', pg_temp.id('oslo'), 'boss'$$, 'role', 'a role is one of three'),
  ($$'Ola', pg_temp.id('oslo'), locale => 'norsk!'$$, 'locale', 'a locale is a tag'),
  ($$'Ola', pg_temp.id('oslo'), email => 'ola'$$, 'email', 'an address is one'),
  ($$'Ola', pg_temp.id('oslo'), phone => '123'$$, 'phone', 'a number is one'),
  ($$'Ola', pg_temp.id('oslo'), phone => '+47 010190 10046'$$, 'phone', 'of eight digits, if it is Norwegian'),
  ($$'Ola', pg_temp.id('oslo'), started_on => 'infinity'$$, 'started_on', 'a first day is a day'),
  ($$'Ola', pg_temp.id('oslo'), started_on => '1899-12-31'$$, 'started_on', 'of a possible year'),
  ($$'Ola', pg_temp.id('oslo'), source => 'x'$$, 'external_id', 'a source has a number'),
  ($$'Ola', pg_temp.id('oslo'), external_id => '1'$$, 'source', 'a number has a source'),
  ($$'Ola', pg_temp.id('oslo'), certifications => '{}'$$, 'certifications', 'certifications are a list'),
  ($$'Ola', pg_temp.id('oslo'), certifications => '[{"kind": "pgtap course", "issued_on": "2026-01-01", "name": "x"}]'$$, 'certifications', 'of known fields'),
  ($$'Ola', pg_temp.id('oslo'), certifications => '[{"kind": "unknown", "issued_on": "2026-01-01"}]'$$, 'kind', 'of known kinds'),
  ($$'Ola', pg_temp.id('oslo'), certifications => '[{"kind": "pgtap course", "issued_on": "2026-02-30"}]'$$, 'issued_on', 'with a day that exists'),
  ($$'Ola', pg_temp.id('oslo'), certifications => '[{"kind": "pgtap course", "issued_on": "2026-02-20", "expires_on": "2026-02-19"}]'$$, 'expires_on', 'and ends after it begins'),
  ($$'Ola', pg_temp.id('oslo'), 'coordinator', coordinator_id => pg_temp.id('coordinator')$$, 'coordinator_id', 'only a mentor has a coordinator'),
  ($$'Ola', pg_temp.id('oslo'), source => 'x', external_id => '010190 10046'$$, 'external_id', 'a number is no identity number')
) r (arguments, field, why);
select pg_temp.refuses('administrator', $$public.register_person('Ola', pg_temp.id('oslo'), coordinator_id => pg_temp.id('bergen coordinator'))$$,
  'not_found', 404, 'a coordinator of another chapter is unknown', 'coordinator_id');
select pg_temp.refuses('administrator', $$public.register_person('Ola', pg_temp.id('oslo'), email => 'kari@example.no', source => 'hypersys', external_id => '17', role => 'mentor')$$,
  'already_exists', 409, 'number and address of one person', pg_temp.kari()::text);
insert into public.external_ids values ('hypersys', '18', pg_temp.id('colleague'));
select pg_temp.refuses('administrator', $$public.register_person('Ola', pg_temp.id('oslo'), email => 'kari@example.no', source => 'hypersys', external_id => '18')$$,
  'already_exists', 409, 'number of one and address of another', 'email');
select is(
  pg_temp.answer('administrator', $$public.register_person('Koordinator', pg_temp.id('oslo'), 'coordinator', email => pg_temp.id('bergen administrator') || '@pgtap.example') ->> 'code'$$),
  '"belongs_elsewhere"', 'the address in Supabase Auth is known too');

-- Update.

select is(pg_temp.answer('office', $$(public.update_person(pg_temp.kari(), email => 'ny@example.no') -> 'person') - '{id,memberships,external_ids}'::text[]$$),
  '{"display_name": "Kari N.", "locale": "nn", "email": "ny@example.no", "phone": "+4791234567", "has_login": false}', 'null leaves a field as it is');
select is(pg_temp.answer('office', $$public.update_person(pg_temp.kari(), phone => '') #> '{person,phone}'$$), 'null', 'an empty one removes it');
select pg_temp.refuses('office', $$public.update_person(pg_temp.kari(), email => pg_temp.id('colleague') || '@pgtap.example')$$, 'in_use', 409, 'somebody else''s address', 'email');
select pg_temp.refuses('office', $$public.update_person(pg_temp.kari(), ' ')$$, 'invalid_request', 400, 'a name stays a name', 'display_name');
select is(
  (select array[l.before ->> 'email', l.after ->> 'email'] from public.people_log l where l.person_id = pg_temp.kari() and l.after ? 'email' order by l.id desc offset 1 limit 1),
  array['kari@example.no', 'ny@example.no'], 'the log has before and after');
select is(
  (with n as (select count(*) as before from public.people_log), done as (select pg_temp.answer('office', $$public.update_person(pg_temp.kari())$$))
   select (select count(*) from public.people_log) - n.before from n, done), 0::bigint, 'what changes nothing is not logged');

-- Memberships.

select pg_temp.add_mentor('ola', 'oslo');
insert into answers values ('coordinates', pg_temp.answer('administrator', $$public.start_membership(pg_temp.id('ola'), pg_temp.id('oslo'), 'coordinator', pg_temp.today() + 3) -> 'membership'$$));
select is((select (answer ->> 'started_at')::timestamptz from answers where name = 'coordinates'), pg_temp.midnight(3), 'a membership begins ahead');
select is(pg_temp.answer('ola', 'private.my_chapter_ids()'), '[]', 'and gives no right before');
select pg_temp.refuses('administrator', $$public.start_membership(pg_temp.id('ola'), pg_temp.id('oslo'), 'coordinator', pg_temp.today())$$,
  'already_exists', 409, 'a second one in the role is refused');
select pg_temp.refuses('administrator', $$public.start_membership(pg_temp.id('bergen coordinator'), pg_temp.id('bergen'), 'mentor')$$, 'chapter_not_found', 404, 'in another chapter');
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.refuses('administrator', $$public.start_membership(pg_temp.id('bergen mentor'), pg_temp.id('oslo'), 'mentor')$$, 'not_found', 404, 'a bare id of another chapter''s person');

select is(
  (pg_temp.answer('administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo'), pg_temp.today() + 2) -> 'membership' -> 'ended_at'$$) #>> '{}')::timestamptz,
  pg_temp.midnight(3), 'it ends at the midnight after its last day');
select is(
  (pg_temp.answer('administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo'), pg_temp.today() + 4) -> 'membership' -> 'ended_at'$$) #>> '{}')::timestamptz,
  pg_temp.midnight(5), 'before that it is changed');
select is(pg_temp.answer('administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo')) -> 'membership' -> 'ended_at'$$), 'null', 'and taken back');
select is(pg_temp.answer('administrator', $$public.start_membership(pg_temp.id('ola'), pg_temp.id('oslo'), 'administrator', pg_temp.today() - 5) #>> '{membership,role}'$$),
  '"administrator"', 'one that has begun');
select is(pg_temp.answer('ola', $$to_jsonb(private.my_administered_chapter_ids())$$), to_jsonb(array[pg_temp.id('oslo')]), 'gives the right at once');
select is(
  (pg_temp.answer('administrator', format($$public.end_membership(%L, pg_temp.today() - 1) -> 'membership' -> 'ended_at'$$,
    (select m.id from public.chapter_memberships m where m.user_id = pg_temp.id('ola') and m.role = 'administrator'))) #>> '{}')::timestamptz,
  pg_temp.midnight(0), 'and yesterday was the last day');
select is(pg_temp.answer('ola', 'private.my_administered_chapter_ids()'), '[]', 'which takes the right away');
select pg_temp.refuses('administrator', format('public.end_membership(%L, pg_temp.today() + 9)',
    (select m.id from public.chapter_memberships m where m.user_id = pg_temp.id('ola') and m.role = 'administrator')), 'not_found', 404, 'what has ended is not prolonged');
select pg_temp.refuses('administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo'), '1990-01-01')$$, 'invalid_request', 400, 'nothing ends before it began', 'last_day');
select pg_temp.refuses('administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo'), '-infinity')$$, 'invalid_request', 400, 'a last day is a day', 'last_day');
select pg_temp.refuses('administrator', $$public.end_membership(null)$$, 'invalid_request', 400, 'a membership is named', 'membership_id');
select pg_temp.refuses('bergen administrator', $$public.end_membership(pg_temp.id('ola mentor in oslo'), pg_temp.today())$$, 'not_found', 404, 'another chapter''s is not found');
select is(pg_temp.logged('ola'), array['end_membership by administrator'], 'each is logged');

-- By hand too, nothing overlaps.
select pg_temp.violates($$insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
  values (pg_temp.id('oslo'), pg_temp.id('ola'), 'mentor', now() - interval '9 days', now() + interval '1 day')$$, '23P01', 'chapter_memberships_one_at_a_time', 'a membership with an end overlaps');
select pg_temp.violates($$insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('oslo'), pg_temp.id('ola'), 'mentor')$$,
  '23505', 'chapter_memberships_one_active', 'two without an end');
select lives_ok($$insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
  values (pg_temp.id('oslo'), pg_temp.id('ola'), 'mentor', now() - interval '9 years', now() - interval '2 years')$$, 'one that ends as the next begins is fine');

-- Whoever leaves the last chapter while paused is not paused any more.
select pg_temp.add_mentor('leaves', 'oslo');
insert into public.pause_records (mentor_id, status, paused_at) values (pg_temp.id('leaves'), 'paused', now() - interval '20 days');
select pg_temp.answer('administrator', $$public.end_membership(pg_temp.id('leaves mentor in oslo'), pg_temp.today() - 3)$$);
select is(pg_temp.records('leaves'), array['active v2 with pause'], 'the record closes with the membership');
select is((select l.effective_on - pg_temp.today() from public.pause_status_log l where l.mentor_id = pg_temp.id('leaves') and l.to_status = 'active'), -2, 'on the first day after it');

-- One that is taken back before it begins never was.
select pg_temp.add_mentor('stays', 'bergen');
insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at)
values (pg_temp.id('never'), pg_temp.id('oslo'), pg_temp.id('stays'), 'mentor', pg_temp.midnight(20));
select is(pg_temp.answer('administrator', $$to_jsonb(public.end_membership(pg_temp.id('never'), pg_temp.today() + 19) is not null)$$), 'true', 'one ends before it begins');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.id('stays'), 'Ny')$$, 'not_found', 404, 'and binds nobody to the chapter');
select pg_temp.refuses('coordinator', $$public.register_certification(pg_temp.id('stays'), 'pgtap course', '2026-01-01')$$, 'mentor_not_found', 404, 'nor to its coordinators');

-- Assignments.

select pg_temp.add_mentor('siv', 'oslo');
select is(pg_temp.answer('coordinator', $$public.assign_coordinator(pg_temp.id('siv'), pg_temp.id('coordinator')) -> 'assignment' ->> 'mentor_id'$$), to_jsonb(pg_temp.id('siv')), 'a coordinator assigns');
select pg_temp.refuses('coordinator', $$public.assign_coordinator(pg_temp.id('siv'), pg_temp.id('coordinator'))$$, 'already_exists', 409, 'once');
select pg_temp.refuses('coordinator', $$public.assign_coordinator(pg_temp.id('siv'), pg_temp.id('bergen coordinator'))$$, 'not_found', 404, 'nobody of another chapter');
select pg_temp.refuses('coordinator', $$public.assign_coordinator(pg_temp.id('siv'), pg_temp.id('administrator'))$$, 'not_found', 404, 'nobody who is no coordinator');
select pg_temp.refuses('coordinator', $$public.assign_coordinator(pg_temp.id('bergen mentor'), pg_temp.id('coordinator'))$$, 'mentor_not_found', 404, 'no mentor of another chapter');
select pg_temp.refuses('coordinator', $$public.assign_coordinator(pg_temp.id('siv'), null)$$, 'invalid_request', 400, 'both are named', 'coordinator_id');
select is(pg_temp.answer('coordinator', $$(public.end_assignment(pg_temp.id('siv'), pg_temp.id('coordinator')) -> 'assignment' ->> 'ended_at') is not null$$), 'true', 'and ends it');
select pg_temp.refuses('coordinator', $$public.end_assignment(pg_temp.id('siv'), pg_temp.id('coordinator'))$$, 'not_found', 404, 'which is then not there');
select is(pg_temp.logged('siv'), array['end_assignment by coordinator'], 'both are logged');

select pg_temp.assign('siv', 'coordinator');
select pg_temp.assign('ola', 'coordinator');
select pg_temp.assign('ola', 'colleague');
select pg_temp.assign('bergen mentor', 'coordinator');
select is(
  pg_temp.answer('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('colleague'), pg_temp.id('oslo'), pg_temp.id('hand over')) -> 'hand_over' -> 'count'$$), '3',
  'all mentors of the chapter are handed over');
select is(
  array(select pg_temp.name_of(a.mentor_id) from public.coordinator_assignments a where a.coordinator_id = pg_temp.id('colleague') and a.ended_at is null order by 1),
  array['kari', 'ola', 'siv'], 'each once');
select is(
  array(select pg_temp.name_of(a.mentor_id) from public.coordinator_assignments a where a.coordinator_id = pg_temp.id('coordinator') and a.ended_at is null),
  array['bergen mentor'], 'and those of other chapters stay');
select is(
  (select count(*) from public.people_log l where l.command = 'hand_over' and l.actor_id = pg_temp.id('administrator')), 5::bigint, 'each change is logged');
select is(
  pg_temp.answer('administrator', $$public.coordinator_roster(search => 'siv') #>> '{mentors,0,coordinators,0,display_name}'$$), '"colleague"', 'the roster shows it');
select pg_temp.refuses('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('coordinator'))$$, 'invalid_request', 400, 'to somebody else', 'to_id');
select pg_temp.refuses('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('siv'))$$, 'invalid_request', 400, 'who coordinates', 'to_id');
select pg_temp.refuses('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('office'))$$, 'not_found', 404, 'and is known');
select pg_temp.refuses('administrator', $$public.hand_over(pg_temp.id('bergen coordinator'), pg_temp.id('colleague'))$$, 'not_found', 404, 'from one of mine');
select pg_temp.refuses('administrator', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('colleague'), pg_temp.id('bergen'))$$, 'chapter_not_found', 404, 'in one of mine');

-- Erasure: nothing is kept of what was entered.

update public.chapter_memberships set ended_at = now() where user_id = pg_temp.kari() and chapter_id = pg_temp.id('bergen');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values (pg_temp.id('oslo'), pg_temp.kari(), 'coordinator', now() + interval '1 day');
select is(pg_temp.answer('administrator', $$public.erase_person(pg_temp.kari(), pg_temp.id('erase kari'))$$),
  jsonb_build_object('person', jsonb_build_object('id', pg_temp.kari())), 'a person is erased');
select is(pg_temp.answer('administrator', $$public.erase_person(pg_temp.kari(), pg_temp.id('erase kari'))$$),
  jsonb_build_object('person', jsonb_build_object('id', pg_temp.kari())), 'and again with the same key');
select is(array[
  (select count(*) from public.contacts c where c.person_id = pg_temp.kari()),
  (select count(*) from public.external_ids x where x.person_id = pg_temp.kari()),
  (select count(*) from public.people_log l where l.person_id = pg_temp.kari() and num_nonnulls(l.before, l.after) > 0),
  (select count(*) from public.chapter_memberships m where m.user_id = pg_temp.kari() and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())))],
  array[0, 0, 0, 0]::bigint[], 'address, number and what the log said are gone, and no membership is to come');
select is(pg_temp.logged('kari'), array['erase_person by administrator'], 'the log says so');
select is(
  (select i.response from private.idempotent_requests i where i.request_id = pg_temp.id('kari key')) #> '{person,display_name}', null, 'a kept answer has no name');
select is(
  (select i.response from private.idempotent_requests i where i.request_id = pg_temp.id('kari key')) #>> '{person,id}', pg_temp.kari()::text, 'only ids');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.kari(), 'Kari')$$, 'not_found', 404, 'the erased is not found');
select pg_temp.refuses('administrator', $$public.register_certification(pg_temp.kari(), 'pgtap course', '2026-01-01')$$, 'not_found', 404, 'by any command');
select is(
  pg_temp.answer('administrator', $$public.register_person('Kari', pg_temp.id('oslo'), email => 'ny@example.no', source => 'hypersys', external_id => '17') #>> '{person,id}'$$) = to_jsonb(pg_temp.kari()),
  false, 'who returns gets a new id');
select pg_temp.use_role('service_role');
select throws_ok(format('insert into public.contacts (person_id) values (%L)', pg_temp.kari()), '23001', null, 'other systems can''t bring the erased back');
select throws_ok(format('insert into public.external_ids values (%L, %L, %L)', 'x', 'y', pg_temp.kari()), '23001', null, 'nor by a number');
select pg_temp.sign_out();

-- Direct writes.

select pg_temp.use_role('service_role');
insert into public.contacts (person_id, phone) values (pg_temp.id('siv'), '+4790000000');
update public.contacts set phone = '+4790000001' where person_id = pg_temp.id('siv');
delete from public.contacts where person_id = pg_temp.id('siv');
select pg_temp.sign_out();
select is(
  array(select l.command || ' ' || coalesce(l.before ->> 'phone', '-') || ' ' || coalesce(l.after ->> 'phone', '-') || ' ' || coalesce(l.actor_id::text, '-')
    from public.people_log l where l.person_id = pg_temp.id('siv') and l.command like '% contacts' order by l.id),
  array['insert contacts - +4790000000 -', 'update contacts +4790000000 +4790000001 -', 'delete contacts +4790000001 - -'],
  'what other systems write is logged as theirs');
select throws_ok($$ update public.people_log set before = null, after = null where person_id = pg_temp.id('siv') $$, '23001', null, 'the log is not changed');
select throws_ok($$ delete from public.people_log $$, '23001', null, 'nor shortened');
select throws_ok($$ truncate public.people_log $$, '23001', null, 'nor emptied');

select * from finish();
rollback;
