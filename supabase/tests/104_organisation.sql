-- Chapters and organisation administrators.
begin;
\ir _fixtures.psql

select plan(39);

select pg_temp.add_person('office');
select pg_temp.add_person('colleague');
select pg_temp.add_person('administrator');
select pg_temp.add_chapter('pgtap oslo');
select pg_temp.join_chapter('administrator', 'administrator', 'pgtap oslo');

-- The first one is the operator's to appoint.

select is(private.appoint_first_administrator(' ' || upper(pg_temp.id('office') || '@pgtap.example')), pg_temp.id('office'), 'the operator appoints by address');
select is(private.appoint_first_administrator(pg_temp.id('office') || '@pgtap.example'), pg_temp.id('office'), 'and again');
select is((select count(*) from public.organisation_administrators where user_id = pg_temp.id('office')), 1::bigint, 'which changes nothing');
select private.appoint_first_administrator('ny.leder@pgtap.example', 'Ny Leder');
select is((select p.display_name || ' ' || c.email from public.profiles p join public.contacts c on c.person_id = p.id
  where c.email = 'ny.leder@pgtap.example'), 'Ny Leder ny.leder@pgtap.example', 'an unknown one is registered');
select throws_ok($$ select private.appoint_first_administrator('nobody') $$, '22023', null, 'an address is one');
select throws_ok($$ select private.appoint_first_administrator('ukjent@pgtap.example', ' ') $$, 'P0002', 'nobody has this address', 'nobody is appointed by a slip of the pen');
select throws_ok($$ select private.appoint_first_administrator('ny@pgtap.example', 'Ny 010190 10046') $$, '22023', 'neither address nor name may contain a national identity number', 'nor by a number');
update public.organisation_administrators set started_at = now() - interval '1 hour' where user_id = pg_temp.id('office');

select is(
  (pg_temp.answer('office', $$public.appoint_administrator(pg_temp.id('colleague'), pg_temp.id('appoint')) -> 'administrator'$$)) - '{id,started_at}'::text[],
  jsonb_build_object('user_id', pg_temp.id('colleague'), 'person_id', pg_temp.id('colleague'), 'display_name', 'colleague', 'ended_at', null), 'she appoints others');
select is(pg_temp.answer('office', $$public.appoint_administrator(pg_temp.id('colleague'), pg_temp.id('appoint')) #>> '{administrator,display_name}'$$), '"colleague"', 'once for a key');
select pg_temp.refuses('office', $$public.appoint_administrator(pg_temp.id('colleague'))$$, 'already_exists', 409, 'and once at a time');
select pg_temp.refuses('office', $$public.appoint_administrator(pg_temp.id('nobody'))$$, 'not_found', 404, 'somebody who exists');
select pg_temp.refuses('office', $$public.appoint_administrator(null)$$, 'invalid_request', 400, 'and is named', 'person_id');

-- Chapters.

create temporary table made as select pg_temp.answer('colleague', $$public.save_chapter(null, ' pgtap Bergen ', true) -> 'chapter'$$) as chapter;
select is((select chapter - 'id' from made), '{"name": "pgtap Bergen", "closed_at": null, "requests_take_effect": true}', 'a chapter is made');
insert into people select (chapter ->> 'id')::uuid, 'bergen' from made;
create function pg_temp.bergen() returns uuid language sql stable as $$ select id from pg_temp.people where name = 'bergen' $$;
select is(pg_temp.answer('colleague', $$to_jsonb(pg_temp.bergen() = any (private.my_administered_chapter_ids()))$$), 'true', 'an organisation administrator administers it at once');
select is(pg_temp.answer('administrator', $$to_jsonb(pg_temp.bergen() = any (private.my_administered_chapter_ids()))$$), 'false', 'nobody else');
select is(pg_temp.answer('office', $$public.save_chapter(pg_temp.bergen(), requests_take_effect => false) -> 'chapter' ->> 'name'$$), '"pgtap Bergen"', 'null leaves a field as it is');
select pg_temp.refuses('office', $$public.save_chapter(null, 'PGTAP bergen')$$, 'already_exists', 409, 'two chapters of one name', 'name');
select pg_temp.refuses('office', $$public.save_chapter(null, null)$$, 'invalid_request', 400, 'one without a name', 'name');
select pg_temp.refuses('office', $$public.save_chapter(pg_temp.bergen(), '')$$, 'invalid_request', 400, 'a name that is taken away', 'name');
select pg_temp.refuses('office', $$public.save_chapter(pg_temp.id('nowhere'), 'x')$$, 'chapter_not_found', 404, 'an unknown one');

insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at, ended_at) values
  (pg_temp.id('open'), pg_temp.bergen(), pg_temp.id('administrator'), 'mentor', now() - interval '1 year', null),
  (pg_temp.id('long'), pg_temp.bergen(), pg_temp.id('colleague'), 'mentor', now() - interval '1 year', now() + interval '1 year'),
  (pg_temp.id('past'), pg_temp.bergen(), pg_temp.id('office'), 'mentor', now() - interval '1 year', now() - interval '1 month'),
  (pg_temp.id('to come'), pg_temp.bergen(), pg_temp.id('office'), 'coordinator', now() + interval '1 month', null);
create function pg_temp.ends() returns text[]
language sql stable as $$
  select array(select coalesce(((m.ended_at at time zone 'Europe/Oslo')::date - pg_temp.today())::text, 'open') || case when m.ended_at = m.started_at then ' never was' else '' end
    from public.chapter_memberships m where m.chapter_id = pg_temp.bergen() order by m.id = pg_temp.id('open') desc, m.id = pg_temp.id('long') desc, m.id = pg_temp.id('past') desc)
$$;
select pg_temp.refuses('office', $$public.close_chapter(pg_temp.bergen())$$, 'invalid_request', 400, 'a last day is required', 'last_day');
select is(((pg_temp.answer('office', $$public.close_chapter(pg_temp.bergen(), pg_temp.today() + 9) -> 'chapter' ->> 'closed_at'$$) #>> '{}')::timestamptz at time zone 'Europe/Oslo')::text,
  (pg_temp.today() + 10)::timestamp::text, 'a chapter closes at the midnight after its last day');
select is((pg_temp.ends())[1:2] || (pg_temp.ends())[4], array['10', '10', (((now() + interval '1 month') at time zone 'Europe/Oslo')::date - pg_temp.today()) || ' never was'], 'and all memberships end with it');
select is((select ended_at from public.chapter_memberships where id = pg_temp.id('past')), now() - interval '1 month', 'but those that had ended');
select is(pg_temp.answer('office', $$to_jsonb(public.close_chapter(pg_temp.bergen(), pg_temp.today() + 19) is not null)$$), 'true', 'before that the day is changed');
select is((pg_temp.ends())[1:2], array['20', '20'], 'and the memberships follow');
select pg_temp.refuses('office', $$public.end_membership(pg_temp.id('open'))$$, 'invalid_request', 400, 'none is taken back from a chapter that closes', 'last_day');
select is(pg_temp.answer('office', $$to_jsonb(public.close_chapter(pg_temp.bergen(), pg_temp.today() - 1) is not null)$$), 'true', 'or yesterday was the last day');
select pg_temp.refuses('office', $$public.start_membership(pg_temp.id('administrator'), pg_temp.bergen(), 'mentor')$$, 'invalid_request', 400, 'then nobody is entered', 'chapter_id');
select pg_temp.refuses('office', $$public.register_person('Ny', pg_temp.bergen())$$, 'invalid_request', 400, 'nobody new either', 'chapter_id');
select pg_temp.refuses('office', $$public.close_chapter(pg_temp.bergen(), pg_temp.today() + 1)$$, 'invalid_request', 400, 'nor is it opened again', 'chapter_id');
select is((select count(*) from public.people_log l where l.command = 'close_chapter' and l.chapter_id = pg_temp.bergen() and l.person_id is null), 3::bigint, 'the log has it of the chapter, and of each membership');

-- Dismissed.

select is(pg_temp.answer('colleague', $$(public.dismiss_administrator(pg_temp.id('office')) #>> '{administrator,ended_at}') is not null$$), 'true', 'one is dismissed');
select pg_temp.refuses('office', $$public.save_chapter(null, 'pgtap new')$$, 'not_an_administrator', 403, 'and is none at once');
select pg_temp.refuses('colleague', $$public.dismiss_administrator(pg_temp.id('office'))$$, 'not_found', 404, 'nobody is dismissed twice');

-- Somebody is left who can appoint others.

update public.organisation_administrators o set ended_at = clock_timestamp() from public.contacts c
where c.person_id = o.user_id and c.email = 'ny.leder@pgtap.example';
select pg_temp.refuses('colleague', $$public.dismiss_administrator(pg_temp.id('colleague'))$$, 'in_use', 409, 'the last one stays', 'last_administrator');
select pg_temp.refuses('colleague', $$public.erase_person(pg_temp.id('colleague'))$$, 'in_use', 409, 'and is not erased', 'last_administrator');
update public.organisation_administrators set ended_at = clock_timestamp() where user_id = pg_temp.id('colleague');
select is((select count(*) from public.organisation_administrators where ended_at is null), 0::bigint, 'but the operator may');
select private.appoint_first_administrator(pg_temp.id('office') || '@pgtap.example');
select is(pg_temp.answer('office', $$to_jsonb(public.erase_person(pg_temp.id('colleague')) is not null)$$), 'true', 'and whoever was one before is erased as anybody');

select * from finish();
rollback;
