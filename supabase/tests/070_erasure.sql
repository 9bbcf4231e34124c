-- Erasing a person, by deleting the user in Supabase Auth or by the
-- administrators' RPC: the name goes, the history stays and says nothing.
begin;
\ir _fixtures.psql

select plan(59);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo', 'Åse Koordinator');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');

-- Away twice, with a reason each time; the second is an amended pause under an expired certification.
create function pg_temp.add_history(mentor text) returns void
language plpgsql as $$
begin
  perform pg_temp.add_mentor(mentor, 'oslo', 'Kari Hemmelig');
  update public.profiles set locale = 'nn' where id = pg_temp.id(mentor);
  perform pg_temp.certify(mentor, 100);
  perform pg_temp.assign(mentor, 'coordinator');
  perform pg_temp.answer('coordinator', format($q$public.pause_mentor(pg_temp.id(%L), 'Hemmelig sykdom', null, null, pg_temp.id('request for %1$s'))$q$, mentor));
  perform pg_temp.answer('coordinator', format('public.reactivate_mentor(pg_temp.id(%L))', mentor));
  perform pg_temp.answer('coordinator', format($q$public.pause_mentor(pg_temp.id(%L), 'Hemmelig igjen', pg_temp.today() + 5)$q$, mentor));
  update public.certifications set expires_on = pg_temp.today() - 1 where mentor_id = pg_temp.id(mentor);
  perform pg_temp.answer('coordinator', format($q$public.pause_mentor(pg_temp.id(%L), 'Fortsatt hemmelig', pg_temp.today() + 5, 3)$q$, mentor));
end
$$;

-- Tables in which the person's name, locale or reasons can be read.
create function pg_temp.secrets(person text) returns text[]
language plpgsql as $$
declare
  relation regclass;
  hit boolean;
  result text[] := '{}';
begin
  for relation in
    select c.oid from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) order by c.relname
  loop
    execute format($q$ select exists (select from %s t where t::text ~ %L and t::text ~* 'hemmelig') $q$, relation, pg_temp.id(person)) into hit;
    if hit then
      result := result || relation::text;
    end if;
  end loop;
  return result;
end
$$;

create function pg_temp.erasures(person text) returns text[]
language sql as $$
  select array(select coalesce(pg_temp.name_of(e.actor_id), '-') from public.erasures e where e.person_id = pg_temp.id(person) order by e.id)
$$;

-- As Supabase Auth runs a statement: with its own search_path.
create function pg_temp.as_auth(statement text) returns void
language plpgsql as $$
declare
  path text := current_setting('search_path');
begin
  perform set_config('search_path', 'auth', true);
  execute statement;
  perform set_config('search_path', path, true);
end
$$;

-- Deleting the user.

select pg_temp.add_history('kari');
select pg_temp.add_history('liv');
select set_eq(
  $$ select unnest(pg_temp.secrets('kari')) $$, array['pause_records', 'people_log', 'profiles', 'private.idempotent_requests', 'private.roster_entries', 'private.roster_names', 'private.roster_places'],
  'before, the name and the reasons are found in these tables');
create temporary table before as
  select r.id, to_jsonb(r) - '{pause_reason,status,version,reactivated_at,updated_at,effective_on}'::text[] as kept, r.status, r.updated_at, r.version
  from public.pause_records r where r.mentor_id = pg_temp.id('kari');
create temporary table log_before as select * from public.pause_status_log where mentor_id = pg_temp.id('kari');
create temporary table outbox_before as select * from public.notifications where mentor_id = pg_temp.id('kari');
create temporary table status_before as
  select d as day, pg_temp.answer('coordinator', format('public.mentor_status_on(pg_temp.id(''kari''), pg_temp.today() + %s)', d)) #>> '{}' as status
  from generate_series(-10, -1) d;

select lives_ok(
  $$ select pg_temp.as_auth('delete from users where id = pg_temp.id(''kari'')') $$, 'deleting the user of somebody with history succeeds');

select is(
  (select to_jsonb(p) from public.profiles p where p.id = pg_temp.id('kari')),
  jsonb_build_object('id', pg_temp.id('kari'), 'display_name', 'Slettet person', 'locale', 'nb'), 'name and locale are gone, the id stays');
select is(pg_temp.secrets('kari'), '{}', 'and nowhere else is the name, or a reason, to be found');
select is(
  (select array_agg(r.status || ' ' || (r.reactivated_at is not null)::text || ' ' || (r.pause_reason is null)::text) from public.pause_records r where r.mentor_id = pg_temp.id('kari')),
  array['active true true', 'active true true'], 'both records are closed, both without a reason');
select results_eq(
  $$ select r.id, to_jsonb(r) - '{pause_reason,status,version,reactivated_at,updated_at,effective_on}'::text[]
     from public.pause_records r where r.mentor_id = pg_temp.id('kari') order by 1 $$,
  'select id, kept from before order by 1',
  'ids, dates and coordinators stay');
select results_eq(
  $$ select r.version, r.updated_at from public.pause_records r join before b using (id) where b.status = 'active' $$,
  $$ select b.version, b.updated_at from before b where b.status = 'active' $$,
  'a closed record that lost its reason is no new version, and has no new date');
select results_eq(
  $$ select * from public.pause_status_log where mentor_id = pg_temp.id('kari') and id in (select id from log_before) order by id $$,
  'select * from log_before order by id', 'the log is as it was');
select is(
  (select array_agg(format('%s>%s by %s %s from day %s', l.from_status, l.to_status, l.actor_kind, l.actor_id is null, l.effective_on - pg_temp.today()))
   from public.pause_status_log l where l.mentor_id = pg_temp.id('kari') and l.id not in (select id from log_before)),
  array['expired_cert>active by system t from day 0'], 'with one row for the closing');
select results_eq(
  $$ select * from public.notifications where mentor_id = pg_temp.id('kari') order by id $$,
  'select * from outbox_before order by id', 'nobody is told of it, what is in the outbox stays');
select is(
  array[
    (select count(*) from public.chapter_memberships m where m.user_id = pg_temp.id('kari') and m.ended_at is null),
    (select count(*) from public.coordinator_assignments a where a.mentor_id = pg_temp.id('kari') and a.ended_at is null),
    (select count(*) from public.chapter_memberships m where m.user_id = pg_temp.id('kari')),
    (select count(*) from public.coordinator_assignments a where a.mentor_id = pg_temp.id('kari')),
    (select count(*) from public.certifications c where c.mentor_id = pg_temp.id('kari'))],
  array[0, 0, 1, 1, 1]::bigint[], 'memberships and assignments have ended, and stay with the certifications');
select is(pg_temp.erasures('kari'), array['-'], 'one row of erasures says so');
select is(
  (select jsonb_agg(m ->> 'mentor_id') from jsonb_array_elements(
    pg_temp.answer('coordinator', 'public.coordinator_roster()') -> 'mentors') m), jsonb_build_array(pg_temp.id('liv')),
  'the roster has the other one left');
select is(pg_temp.answer('coordinator', $$public.coordinator_roster() -> 'summary' -> 'total'$$), '1', 'and counts that one');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Ferie')$$, 'mentor_not_found', 404, 'the erased can''t be paused');
select is(
  (select pg_temp.secrets('liv') @> array['pause_records', 'profiles']), true, 'somebody else keeps name and reasons');
select is(pg_temp.answer('kari', $$public.mentor_status_on(pg_temp.id('kari'), pg_temp.today())$$), null,
  'a login under an erased id is told nothing');
create or replace function private.my_id() returns uuid
language sql stable set search_path = pg_catalog, pg_temp as $$ select auth.uid() $$; -- as if it still had rights
select is_empty(
  $$ select b.day from status_before b
     where b.status is distinct from
       pg_temp.answer('kari', format('public.mentor_status_on(pg_temp.id(''kari''), pg_temp.today() + %s)', b.day)) #>> '{}' $$,
  'the status on every past date is what it was');

-- It never fails: whoever the user is, and whatever role and search_path deletes.

select pg_temp.add_person('no profile');
delete from public.chapter_memberships where user_id = pg_temp.id('no profile');
insert into auth.users (id, instance_id, aud, role, email)
values (pg_temp.id('stranger'), '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', 'stranger@pgtap.example');
select lives_ok($$ delete from auth.users where id = pg_temp.id('stranger') $$, 'a user without a profile can be deleted');
select is(pg_temp.erasures('stranger'), '{}', 'which erases nobody');
select lives_ok($$ delete from auth.users where id = pg_temp.id('no profile') $$, 'somebody without chapters can be deleted');
select is(pg_temp.erasures('no profile'), array['-'], 'and is erased');
select pg_temp.add_mentor('many', 'oslo');
select pg_temp.add_mentor('of them', 'oslo');
select lives_ok($$ delete from auth.users where id in (pg_temp.id('many'), pg_temp.id('of them')) $$, 'several users can be deleted at once');
select is(array[pg_temp.erasures('many'), pg_temp.erasures('of them')], array[array['-'], array['-']], 'and each is erased');
select lives_ok($$ delete from auth.users where id = pg_temp.id('colleague') $$, 'a coordinator can be deleted');
select is(
  (select p.display_name || ' ' || (select count(*) from public.chapter_memberships m where m.user_id = p.id and m.ended_at is null)
   from public.profiles p where p.id = pg_temp.id('colleague')), 'Slettet person 0', 'and is erased');

-- Supabase Auth's role reaches none of these tables. Whether the trigger needs
-- it to is seen with a role that reaches none either, on a table of its own.
create temporary table stand_in (id uuid, deleted_at timestamptz);
grant select, delete, update on stand_in to anon;
create trigger erase_deleted after delete on stand_in for each row execute function private.erase_deleted_user();
create trigger erase_soft_deleted after update of deleted_at on stand_in
  for each row when (old.deleted_at is null and new.deleted_at is not null) execute function private.erase_deleted_user();
select pg_temp.add_history('per');
select pg_temp.add_history('ola');
insert into stand_in (id) values (pg_temp.id('per')), (pg_temp.id('ola'));
select pg_temp.use_role('anon');
select lives_ok(
  $$ select pg_temp.as_auth('delete from pg_temp.stand_in where id = pg_temp.id(''per'')') $$, 'a role that reaches no table erases by the trigger');
select throws_ok($$ select * from public.profiles $$, '42501', null, 'and reaches no table indeed');
select lives_ok(
  $$ select pg_temp.as_auth('update pg_temp.stand_in set deleted_at = now() where id = pg_temp.id(''ola'')') $$, 'so does its soft deletion');
select pg_temp.sign_out();
select is(array[pg_temp.secrets(name) || pg_temp.erasures(name)], array[array['-']], name || ' is erased')
from unnest(array['per', 'ola']) name;

-- Soft deletion, which keeps the row.
update auth.users set deleted_at = null, email = 'ny@pgtap.example' where id = pg_temp.id('liv');
select is(pg_temp.erasures('liv'), '{}', 'changing a user erases nobody');
update auth.users set deleted_at = now() where id = pg_temp.id('liv');
select is(pg_temp.secrets('liv') || pg_temp.erasures('liv'), array['-'], 'Supabase Auth''s soft deletion erases too');
delete from auth.users where id = pg_temp.id('liv');
select is(pg_temp.erasures('liv'), array['-'], 'the deletion that follows it has nothing left to erase, and logs nothing');

-- The coordinator goes: the mentors' records stay, and stay as they are.

select pg_temp.add_history('siv');
delete from auth.users where id = pg_temp.id('coordinator');
select is(
  (select array_agg(distinct r.coordinator_id) from public.pause_records r where r.mentor_id = pg_temp.id('siv')), array[pg_temp.id('coordinator')],
  'the records of an erased coordinator''s mentors keep the id');
select is((select array_agg(r.pause_reason order by r.created_at) from public.pause_records r where r.mentor_id = pg_temp.id('siv')),
  array['Hemmelig sykdom', 'Fortsatt hemmelig'], 'and the mentors'' reasons');
select is(
  (select a.ended_at is not null from public.coordinator_assignments a where a.mentor_id = pg_temp.id('siv')), true, 'the assignment has ended');
select is(
  pg_temp.answer('administrator', $$public.coordinator_roster(search => 'hemmelig') #> '{mentors,0,coordinators}'$$), '[]',
  'and nobody is named as responsible');
select is_empty(
  $$ select 1 from private.roster_entries e where e.coordinators::text ~ 'Åse' $$, 'nor is the name kept anywhere in the roster');

-- By RPC.

select pg_temp.add_mentor('tor', 'oslo', 'Tor Hemmelig');
select pg_temp.add_mentor('shared', 'oslo', 'Una Hemmelig');
select pg_temp.join_chapter('shared', 'mentor', 'bergen');
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.add_coordinator('new coordinator', 'oslo');
select pg_temp.refuses(actor, format('public.erase_person(pg_temp.id(%L))', person), 'not_an_administrator', 403, what)
from (values
  ('tor', 'tor', 'nobody erases themself: that is deleting the user'),
  ('siv', 'tor', 'a mentor erases nobody'),
  ('new coordinator', 'tor', 'a coordinator doesn''t either')
) r (actor, person, what);
select pg_temp.refuses(actor, format('public.erase_person(pg_temp.id(%L))', person), 'not_found', 404, what)
from (values
  ('bergen administrator', 'tor', 'nor another chapter''s administrator'),
  ('administrator', 'bergen mentor', 'an administrator doesn''t reach into other chapters'),
  ('administrator', 'shared', 'nor anybody who is also active there'),
  ('administrator', 'nobody', 'or who doesn''t exist')
) r (actor, person, what);
select pg_temp.refuses('administrator', 'public.erase_person()', 'invalid_request', 400, 'somebody has to be named', 'person_id');
select throws_ok(format($$ select pg_temp.answer(%L, %L) $$, actor, 'public.erase_person(pg_temp.id(''tor''))'), '42501', null, actor || ' may not erase')
from unnest(array['anon', 'service_role']) actor;
select pg_temp.sign_in('administrator');
select throws_ok($$ select private.pseudonymise(pg_temp.id('bergen mentor'), null) $$, '42501', null, 'nobody erases past the check');
select lives_ok($$ select public.erase_person(pg_temp.id('tor')) $$, 'an administrator erases a mentor of the chapter');
select lives_ok($$ select public.erase_person(pg_temp.id('siv')) $$, 'with history too');
select pg_temp.sign_out();
select is(pg_temp.secrets('tor') || pg_temp.secrets('siv'), '{}', 'nothing is left of them');
select is(array[pg_temp.erasures('tor'), pg_temp.erasures('siv')], array[array['administrator'], array['administrator']], 'the log says by whom');
select is(
  (select l.actor_kind || ' ' || pg_temp.name_of(l.actor_id) from public.pause_status_log l where l.mentor_id = pg_temp.id('siv') order by l.id desc limit 1),
  'system administrator', 'as does the log of the record that closed');
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('shared') and chapter_id = pg_temp.id('bergen');
select pg_temp.sign_in('administrator');
select lives_ok($$ select public.erase_person(pg_temp.id('shared')) $$, 'who has left the other chapter can be erased');
select pg_temp.sign_out();
delete from auth.users where id = pg_temp.id('tor');
select is(pg_temp.erasures('tor'), array['administrator'], 'deleting the user afterwards logs no second erasure');
select is(
  nullif(current_setting('mentorpause.erasing', true), ''), null, 'the door that erasure opens to closed records is shut behind it');

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
