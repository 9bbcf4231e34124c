-- Invitations: who may invite whom, to which address, and what is recorded of it. What
-- Supabase Auth does in between is done here by hand, as its own role.
begin;
\ir _fixtures.psql

select plan(69);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('former administrator');
select pg_temp.join_chapter('former administrator', 'administrator', 'oslo', now() - interval '1 day');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

-- Somebody without a login, of these chapters, in this role.
create function pg_temp.add_profile(name text, chapter text, email text default null, role text default 'mentor') returns void
language plpgsql as $$
begin
  insert into public.profiles (id, display_name) values (pg_temp.id(name), name);
  insert into pg_temp.people (id, name) values (pg_temp.id(name), name);
  if add_profile.email is not null then
    insert into public.contacts (person_id, email) values (pg_temp.id(name), add_profile.email);
  end if;
  if add_profile.chapter is not null then
    perform pg_temp.join_chapter(name, role, chapter);
  end if;
end
$$;
-- What Supabase Auth does with POST /admin/users and POST /invite.
create function pg_temp.send_invitation(name text, email text) returns void
language sql as $$
  insert into auth.users (id, instance_id, aud, role, email, invited_at)
  values (pg_temp.id(name), '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', send_invitation.email, now())
  on conflict (id) do update set email = excluded.email, invited_at = excluded.invited_at
$$;
create function pg_temp.confirm(name text) returns void
language sql as $$ update auth.users set email_confirmed_at = now() where id = pg_temp.id(name) $$;
create function pg_temp.call(step text, name text, email text default null, request_id uuid default null) returns text
language sql as $$ select format('public.%I(%L, %L, %L)', step || '_invitation', pg_temp.id(name), email, request_id) $$;
create function pg_temp.contact(name text) returns text
language sql as $$ select c.email from public.contacts c where c.person_id = pg_temp.id(name) $$;
create function pg_temp.invitations(name text) returns jsonb[]
language sql as $$
  select array(select jsonb_build_array(pg_temp.name_of(l.actor_id), l.before -> 'email', l.after -> 'email')
    from public.people_log l where l.person_id = pg_temp.id(name) and l.command = 'invite' order by l.id)
$$;

select pg_temp.add_profile('kari', 'oslo', 'kari@example.no');
select pg_temp.add_profile('ola', 'oslo');
select pg_temp.add_profile('per', 'bergen', 'per@example.no');
select pg_temp.add_profile('both', 'oslo', 'both@example.no');
select pg_temp.join_chapter('both', 'mentor', 'bergen');

-- Who may: one test for each actor and call.

select pg_temp.refuses(actor, pg_temp.call(step, 'kari'), 'not_an_administrator', 403, format('%s may not %s', actor, step))
from unnest(array['mentor', 'coordinator', 'bergen coordinator', 'former administrator']) actor, unnest(array['begin', 'finish']) step;
select pg_temp.refuses('bergen administrator', pg_temp.call(step, 'kari'), 'not_found', 404, 'of another chapter: ' || step)
from unnest(array['begin', 'finish']) step;
select throws_ok(format('select pg_temp.answer(%L, %L)', actor, pg_temp.call(step, 'kari')), '42501', null, actor || ' may not ' || step)
from unnest(array['anon', 'service_role']) actor, unnest(array['begin', 'finish']) step;
select ok(not has_function_privilege('pause_scheduler', f, 'execute'), 'nor may the scheduler: ' || f)
from unnest(array['public.begin_invitation(uuid,text,uuid)', 'public.finish_invitation(uuid,text,uuid)']) f;

-- What is to be done.

select is(pg_temp.answer(actor, pg_temp.call('begin', 'kari')),
  jsonb_build_object('to_do', jsonb_build_object('person_id', pg_temp.id('kari'), 'email', 'kari@example.no', 'locale', 'nb', 'has_login', false, 'login_email', null)),
  actor || ' invites to the address of the contacts')
from unnest(array['administrator', 'office']) actor;
select is(pg_temp.answer('administrator', pg_temp.call('begin', 'ola', ' Ola@Example.NO ')) #>> '{to_do,email}', 'ola@example.no', 'or to another one, in lower case');
select is(pg_temp.answer('administrator', 'public.begin_invitation(pg_temp.id(''kari''), '''')') #>> '{to_do,email}', 'kari@example.no', 'an empty one is none');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola'), 'invalid_request', 400, 'an address is needed', 'email');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola', 'ola'), 'invalid_request', 400, 'which is one', 'email');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'nobody'), 'not_found', 404, 'somebody who is not there');
select pg_temp.refuses('office', pg_temp.call('begin', 'nobody'), 'not_found', 404, 'for the office too');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'mentor'), 'already_exists', 409, 'who has a login needs none');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola', 'kari@example.no'), 'in_use', 409, 'another person''s contact', 'email');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola', pg_temp.id('mentor') || '@pgtap.example'), 'in_use', 409, 'another person''s login', 'email');
insert into auth.users (id, email) values (pg_temp.id('stranger'), 'stranger@example.no');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola', 'stranger@example.no'), 'in_use', 409, 'the login of nobody here', 'email');
select is(pg_temp.contact('ola'), null, 'and nothing is stored by asking');
select is((select count(*) from public.people_log l where l.command = 'invite'), 0::bigint, 'or logged');

-- To a new address only by who may rename the person: whoever gets the code is the person.

select is(pg_temp.answer('administrator', pg_temp.call('begin', 'both')) #>> '{to_do,email}', 'both@example.no', 'somebody of two chapters is invited to the known address');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'both', 'mine@example.no'), 'not_found', 404, 'but to no other one');
select is(pg_temp.answer('office', pg_temp.call('begin', 'both', 'new@example.no')) #>> '{to_do,email}', 'new@example.no', 'except by the office');

select pg_temp.add_profile('chief', 'oslo', 'chief@example.no', 'administrator');
select pg_temp.appoint('chief');
select pg_temp.add_profile('spare', 'oslo', 'spare@example.no');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.id('chief'), email => 'mine@example.no')$$, 'not_found', 404,
  'nobody who administers a chapter gives an organisation administrator an address');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.id('chief'), email => '')$$, 'not_found', 404, 'or takes it');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'chief', 'mine@example.no'), 'not_found', 404, 'by no invitation either');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('chief'), pg_temp.id('spare'))$$, 'not_found', 404, 'nor by joining another profile');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('spare'), pg_temp.id('chief'))$$, 'not_found', 404, 'nor the other way round');
select pg_temp.refuses('administrator', $$public.erase_person(pg_temp.id('chief'))$$, 'not_found', 404, 'nor are they erased');
select is(pg_temp.contact('chief'), 'chief@example.no', 'the address is as it was');
select is(pg_temp.answer('office', $$public.update_person(pg_temp.id('chief'), email => 'chief2@example.no') #> '{person,email}'$$), '"chief2@example.no"', 'the office may');
select is(pg_temp.answer('chief', $$public.update_person(pg_temp.id('chief'), email => 'chief@example.no') #> '{person,email}'$$), '"chief@example.no"', 'and they themselves');
insert into public.organisation_administrators (user_id, started_at) values (pg_temp.id('spare'), now() + interval '1 day');
select pg_temp.refuses('administrator', $$public.update_person(pg_temp.id('spare'), email => 'mine@example.no')$$, 'not_found', 404, 'before the first day already');
update public.organisation_administrators set started_at = now() - interval '2 days', ended_at = now() - interval '1 day' where user_id = pg_temp.id('spare');
select is(pg_temp.answer('administrator', $$public.update_person(pg_temp.id('spare'), email => 'spare2@example.no') #> '{person,email}'$$), '"spare2@example.no"', 'not after the last one');

-- What is recorded is what Supabase Auth has done.

select pg_temp.refuses('administrator', pg_temp.call('finish', 'ola', 'ola@example.no'), 'request_in_progress', 409, 'nothing was sent');
insert into auth.users (id, email) values (pg_temp.id('ola'), 'ola@example.no');
select pg_temp.refuses('administrator', pg_temp.call('finish', 'ola', 'ola@example.no'), 'request_in_progress', 409, 'a login is no invitation');
select is(pg_temp.answer('administrator', pg_temp.call('begin', 'ola', 'ola2@example.no')) -> 'to_do',
  jsonb_build_object('person_id', pg_temp.id('ola'), 'email', 'ola2@example.no', 'locale', 'nb', 'has_login', true, 'login_email', 'ola@example.no'),
  'one that was never confirmed can get another address');
select is(pg_temp.answer('administrator', pg_temp.call('begin', 'ola')) #>> '{to_do,email}', 'ola@example.no', 'or keep its own');
select pg_temp.send_invitation('ola', 'ola2@example.no');
select pg_temp.refuses('administrator', pg_temp.call('finish', 'ola', 'ola@example.no'), 'request_in_progress', 409, 'another one was sent');
select is(pg_temp.answer('administrator', pg_temp.call('finish', 'ola', 'ola2@example.no', pg_temp.id('request'))),
  jsonb_build_object('invitation', jsonb_build_object('person_id', pg_temp.id('ola'), 'email', 'ola2@example.no')), 'it is answered');
select is(pg_temp.contact('ola'), 'ola2@example.no', 'the address is a contact');
select is(pg_temp.invitations('ola'), array['["administrator", null, "ola2@example.no"]'::jsonb], 'and logged');

-- Repeated.

select is(pg_temp.answer('administrator', pg_temp.call(step, 'ola', 'ola2@example.no', pg_temp.id('request'))),
  jsonb_build_object('invitation', jsonb_build_object('person_id', pg_temp.id('ola'), 'email', 'ola2@example.no')), 'the same request has the same answer: ' || step)
from unnest(array['begin', 'finish']) step;
select is(cardinality(pg_temp.invitations('ola')), 1, 'and is logged once');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola', 'other@example.no', pg_temp.id('request')), 'idempotency_key_reused', 422, 'the key is that request''s');
select is(pg_temp.answer('office', pg_temp.call('finish', 'ola')) #>> '{invitation,email}', 'ola2@example.no', 'sent again, it is logged again');
select is(pg_temp.invitations('ola'), array['["administrator", null, "ola2@example.no"]', '["office", "ola2@example.no", "ola2@example.no"]']::jsonb[], 'by whoever sent it');
select pg_temp.confirm('ola');
select pg_temp.refuses('administrator', pg_temp.call('begin', 'ola'), 'already_exists', 409, 'once it is confirmed, it is a login');
select is(pg_temp.answer('administrator', pg_temp.call('begin', 'ola', 'ola2@example.no', pg_temp.id('request'))) #>> '{invitation,email}', 'ola2@example.no', 'and the first request has its answer still');

-- Erased meanwhile: neither the login nor the address is left.

select pg_temp.answer('administrator', $$public.erase_person(pg_temp.id('kari'))$$);
select pg_temp.send_invitation('kari', 'kari@example.no');
select is(pg_temp.answer('administrator', pg_temp.call('finish', 'kari')), '{"withdrawn": true}', 'a login that was made too late is removed');
select is_empty($$select from auth.users u where u.id = pg_temp.id('kari') or u.email = 'kari@example.no'$$, 'with its address');
select is(pg_temp.invitations('kari'), '{}'::jsonb[], 'and nothing is logged');
select pg_temp.refuses('administrator', pg_temp.call(step, 'kari'), 'not_found', 404, 'then there is nobody to ' || step)
from unnest(array['begin', 'finish']) step;
select pg_temp.send_invitation('kari', 'kari@example.no');
select is(pg_temp.answer('administrator', pg_temp.call('begin', 'kari')), '{"withdrawn": true}', 'also when the function was killed, and is called again');
select is((select p.display_name from public.profiles p where p.id = pg_temp.id('kari')), 'Slettet person', 'the person stays erased');

-- Nobody else's login goes that way.
select is(private.withdraw_login(pg_temp.id('mentor')), false, 'whoever is there keeps the login');
select isnt_empty($$select from auth.users u where u.id = pg_temp.id('mentor')$$, 'which is there');

select * from finish();
rollback;
