-- Rules over the catalogue, so that they hold for objects that are added later.
-- Each rule is a query that finds what breaks it, and is tested in both directions: it
-- finds nothing, and it does find each violation that is made for it and rolled back.
begin;
\ir _fixtures.psql

select plan(114);

create temporary view relations as
  select c.oid, c.relname, c.relkind, c.relowner, c.relnamespace, c.relacl, c.relrowsecurity, c.reloptions
  from pg_class c
  where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');

create temporary view functions as
  select p.*
  from pg_proc p
  where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

-- MAINTAIN exists from 17 on.
create temporary view table_privileges as
  select unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
    || case when current_setting('server_version_num')::int >= 170000 then array['MAINTAIN'] else '{}' end) as privilege;

-- What a role really may do, however it came by it: granted, by PUBLIC, as a
-- member of another role. Columns count where the table as a whole does not.
create temporary view effective as
  select g.rolname::text as grantee, r.oid, r.relnamespace, r.relname::text as object, p.privilege
  from pg_roles g cross join relations r cross join table_privileges p
  where r.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(g.oid, r.oid, p.privilege)
  union all
  select g.rolname, r.oid, r.relnamespace, r.relname, 'column ' || p.privilege
  from pg_roles g cross join relations r cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p (privilege)
  where r.relkind in ('r', 'p', 'v', 'm', 'f')
    and has_any_column_privilege(g.oid, r.oid, p.privilege) and not has_table_privilege(g.oid, r.oid, p.privilege)
  union all
  select g.rolname, r.oid, r.relnamespace, r.relname, 'sequence ' || p.privilege
  from pg_roles g cross join relations r cross join unnest(array['SELECT', 'UPDATE', 'USAGE']) p (privilege)
  where r.relkind = 'S' and has_sequence_privilege(g.oid, r.oid, p.privilege)
  union all
  select g.rolname, f.oid, f.pronamespace, f.oid::regprocedure::text, 'EXECUTE'
  from pg_roles g cross join functions f
  where has_function_privilege(g.oid, f.oid, 'EXECUTE');

-- What docs/database.md gives service_role. Deleting people is erasure's business. The
-- constraints on what it writes, and an index, call a function each.
create temporary view service_role_wanted as
  select r.relname::text as object, 'SELECT' as privilege
  from relations r where r.relnamespace = 'public'::regnamespace and r.relkind in ('r', 'p', 'v')
  union all
  select t.object, p.privilege
  from unnest(array['profiles', 'chapters', 'chapter_memberships', 'certifications', 'certification_kinds',
    'coordinator_assignments', 'contacts', 'external_ids']) t (object)
  cross join unnest(array['INSERT', 'UPDATE', 'DELETE']) p (privilege)
  where (t.object, p.privilege) <> ('profiles', 'DELETE')
  union all
  select f, 'EXECUTE' from unnest(array['private.is_visible(text)', 'private.name_key(text)', 'private.name_keys(text)',
    'private.import_people(jsonb,uuid,text,text,uuid)', 'import_people(jsonb,uuid,text,text,uuid)']) f;

create temporary table rules (place integer generated always as identity, rule text, finds text, violations text[]);
insert into rules (rule, finds, violations) values

-- Row level security.

('every table has row level security',
 $$ select r.oid::regclass from relations r where r.relkind in ('r', 'p') and not r.relrowsecurity $$,
 array[
   'create table private.open_door (id integer)',
   'alter table public.chapters disable row level security']),

('every table of public that the API reads has a policy',
 $$ select r.oid::regclass from relations r
    where r.relkind in ('r', 'p') and r.relnamespace = 'public'::regnamespace
      and has_any_column_privilege('authenticated', r.oid, 'select')
      and not exists (select from pg_policy p where p.polrelid = r.oid) $$,
 array['drop policy select_own_and_managed on public.chapters', 'grant select (id) on public.nightly_runs to authenticated']),

('a view reads with the rights of its caller',
 $$ select r.oid::regclass from relations r
    where r.relkind = 'm' and r.relnamespace = 'public'::regnamespace
      or r.relkind = 'v' and not coalesce(r.reloptions && array['security_invoker=true', 'security_invoker=on'], false) $$,
 array[
   'create view public.everybody as select * from public.profiles',
   'create materialized view public.everybody as select * from public.profiles']),

('every policy is for one command',
 $$ select p.polname, p.polrelid::regclass from pg_policy p join relations r on r.oid = p.polrelid where p.polcmd = '*' $$,
 array['create policy all_own on public.chapters to authenticated using (id = (select auth.uid()))']),

('every policy is for named roles, anon not among them',
 $$ select p.polname, p.polrelid::regclass from pg_policy p join relations r on r.oid = p.polrelid
    where p.polroles && array[0::oid, 'anon'::regrole::oid] $$,
 array[
   'create policy select_all on public.chapters for select using (id = (select auth.uid()))',
   'create policy select_all on public.chapters for select to anon using (id = (select auth.uid()))']),

('every policy is named <action>_<who>',
 $$ select p.polname, p.polrelid::regclass from pg_policy p join relations r on r.oid = p.polrelid
    where p.polname !~ ('^' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end || '_[a-z_]+$') $$,
 array['create policy "Members can read" on public.chapters for select to authenticated using (id = (select auth.uid()))']),

('no two permissive policies are for the same table, command and role',
 $$ select p.polrelid::regclass, p.polcmd, o.role
    from pg_policy p join relations r on r.oid = p.polrelid cross join unnest(p.polroles) o (role)
    where p.polpermissive group by 1, 2, 3 having count(*) > 1 $$,
 array['create policy select_also on public.chapters for select to authenticated using (id = (select auth.uid()))']),

('a policy asks who the caller is once per statement, not per row',
 -- A subquery of its own is evaluated once; what is left of the expression is not. What began
 -- before a membership of the caller's chapters is rare, and only then is it asked for a row.
 $$ select p.polname, p.polrelid::regclass
    from pg_policy p
    join relations r on r.oid = p.polrelid
    cross join lateral (values (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) e (expression)
    where regexp_replace(e.expression, '\( *SELECT (auth|private)\.[a-z_]+\(\) AS [a-z_]+\)|started_at <= (COALESCE\([a-z_.]+, )?[a-z_.]+created_at\)+ OR private\.is_of_this_time\(', '', 'g') ~ '(auth|private)\.[a-z_]+\(|current_setting' $$,
 array[
   'alter policy select_own_and_managed on public.chapters using (id = auth.uid())',
   'alter policy select_own_and_managed on public.chapters using (id = any (private.my_chapter_ids()))',
   'alter policy select_own_and_managed on public.planned_pauses using (private.is_of_this_time(mentor_id, created_at))',
   $v$alter policy select_own_and_managed on public.chapters using (name = current_setting('request.jwt.claims'))$v$]),

('every policy depends on who the caller is',
 $$ select p.polname, p.polrelid::regclass from pg_policy p join relations r on r.oid = p.polrelid
    where coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')
      !~ 'auth\.uid\(\)|private\.my_[a-z_]+\(\)' $$,
 array['alter policy select_own_and_managed on public.chapters using (true)']),

-- Functions.

('every function pins its search_path to PostgreSQL''s own names, which come before temporary ones',
 $$ select f.oid::regprocedure from functions f where not coalesce('search_path=pg_catalog, pg_temp' = any (f.proconfig), false) $$,
 array[
   $v$create function private.unpinned() returns integer language sql as 'select 1'$v$,
   $v$create function public.pinned_to_public() returns integer language sql set search_path = 'public' as 'select 1'$v$,
   $v$create function public.pinned_to_nothing() returns integer language sql set search_path = '' as 'select 1'$v$,
   $v$create function public.temporary_first() returns integer language sql set search_path = pg_temp, pg_catalog as 'select 1'$v$,
   'alter function private.today() reset search_path']),

('nobody who comes by the API, and neither of our roles, can create temporary objects',
 $$ select r.rolname from pg_roles r
    where r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'pause_api', 'pause_scheduler')
      and has_database_privilege(r.oid, current_database(), 'TEMPORARY') $$,
 array[
   format('grant temporary on database %I to public', current_database()),
   format('grant temporary on database %I to authenticated', current_database()),
   format('grant temporary on database %I to pause_scheduler', current_database())]),

('no function of public is security definer',
 $$ select f.oid::regprocedure from functions f where f.prosecdef and f.pronamespace = 'public'::regnamespace $$,
 array[
   $v$create function public.elevated() returns integer language sql security definer set search_path = pg_catalog, pg_temp as 'select 1'$v$,
   'alter function public.mentor_status_on(uuid, date, timestamptz) security definer']),

('a function of public calls its namesake in private',
 $$ select f.oid::regprocedure from functions f
    where f.pronamespace = 'public'::regnamespace and pg_get_functiondef(f.oid) !~ (' private\.' || f.proname || '\(') $$,
 array[$v$create function public.lasting() returns integer language plpgsql set search_path = pg_catalog, pg_temp as 'begin perform private.today(); end'$v$]),

('every argument of an RPC is null by default, but what there is no call without',
 $$ select f.oid::regprocedure, f.proargnames[a.place]
    from functions f cross join lateral generate_series(1, f.pronargs) a (place)
    where f.pronamespace = 'public'::regnamespace and f.prorettype <> 'trigger'::regtype
      and coalesce(pg_get_function_arg_default(f.oid, a.place) !~ '^NULL::', true)
      and f.proargnames[a.place] not in ('mentor_id', 'pause_reason') and (f.proname <> 'mentor_status_on' or a.place > 2) $$,
 array[
   $v$create function public.strict_about(holder uuid) returns integer language sql set search_path = pg_catalog, pg_temp as 'select 1'$v$,
   $v$create function public.with_ten(batch integer default 10) returns integer language sql set search_path = pg_catalog, pg_temp as 'select 1'$v$]),

('a trigger on somebody else''s table runs a security definer function with a pinned search_path',
 $$ select t.tgname
    from pg_trigger t
    join functions f on f.oid = t.tgfoid
    where t.tgrelid not in (select r.oid from relations r)
      and not (f.prosecdef and coalesce('search_path=pg_catalog, pg_temp' = any (f.proconfig), false)) $$,
 array[
   $v$create trigger refuse before update on auth.users for each row execute function private.refuse_removal('no')$v$,
   'alter function private.erase_deleted_user() security invoker',
   'alter function private.erase_deleted_user() reset search_path']),

-- Privileges.

('anon may do nothing',
 $$ select e.object, e.privilege from effective e where e.grantee = 'anon' $$,
 array[
   'grant truncate on public.chapters to anon',
   'grant trigger on private.settings to anon',
   'grant references on public.chapters to public',
   'grant select (name) on public.chapters to public',
   'grant usage on sequence public.pause_status_log_id_seq to anon',
   'grant execute on function public.mentor_status_on(uuid, date, timestamptz) to public',
   $v$create function private.forgotten() returns integer language sql set search_path = pg_catalog, pg_temp as 'select 1'$v$,
   'create table public.forgotten (id integer)']),

('only authenticated reaches the schema private, and nobody may create there',
 $$ select g.rolname, s.privilege
    from pg_roles g cross join unnest(array['USAGE', 'CREATE']) s (privilege)
    where g.rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin', 'pause_api', 'pause_scheduler')
      and has_schema_privilege(g.oid, 'private', s.privilege)
      and (g.rolname, s.privilege) <> ('authenticated', 'USAGE') $$,
 array['grant usage on schema private to service_role', 'grant create on schema private to authenticated', 'grant usage on schema private to public']),

('authenticated may select from whole tables of public, execute functions and say what they have read, nothing else',
 $$ select e.object, e.privilege from effective e
    where e.grantee = 'authenticated'
      and e.privilege <> 'EXECUTE' and (e.privilege, e.relnamespace) <> ('SELECT', 'public'::regnamespace)
      and (e.object, e.privilege, e.relnamespace) <> ('notification_inbox', 'column UPDATE', 'public'::regnamespace)
    union all
    select a.attname, 'UPDATE' from pg_attribute a
    where a.attrelid = 'public.notification_inbox'::regclass and a.attnum > 0 and a.attname <> 'read_at'
      and has_column_privilege('authenticated', a.attrelid, a.attnum, 'UPDATE') $$,
 array[
   'grant update (status) on public.pause_records to authenticated',
   'grant update (body) on public.notification_inbox to authenticated',
   'grant insert on public.notifications to authenticated',
   'grant truncate on public.pause_status_log to public',
   'grant select on private.settings to authenticated',
   'grant select (id) on private.chapter_sets to authenticated',
   'grant select on sequence public.pause_status_log_id_seq to authenticated']),

('service_role reads every table of public, writes what other systems keep, deletes no people, and may do nothing else',
 $$ (select e.object, e.privilege from effective e where e.grantee = 'service_role'
     except
     select w.object, w.privilege from service_role_wanted w)
    union all
    (select w.object, w.privilege from service_role_wanted w
     except
     select e.object, e.privilege from effective e where e.grantee = 'service_role') $$,
 array[
   'grant update on public.pause_records to service_role',
   'grant update (acknowledged_at) on public.notifications to service_role',
   'grant delete on public.profiles to service_role',
   'grant truncate on public.certifications to service_role',
   'grant usage on sequence public.erasures_id_seq to service_role',
   'grant execute on function public.pause_mentor(uuid, text, date, integer, uuid) to service_role',
   'revoke insert on public.chapters from service_role',
   'revoke select on public.erasures from service_role']),

('pause_api may do nothing until it becomes authenticated',
 $$ select e.object, e.privilege from effective e where e.grantee = 'pause_api' $$,
 array['grant select on public.chapters to pause_api', 'grant execute on function private.today() to pause_api']),

('pause_scheduler reaches no table, and executes nothing that the API may',
 $$ select e.object, e.privilege from effective e
    where e.grantee = 'pause_scheduler'
      and (e.privilege <> 'EXECUTE' or exists (
        select from effective o
        where o.oid = e.oid and o.privilege = 'EXECUTE' and o.grantee in ('anon', 'authenticated', 'service_role', 'pause_api'))) $$,
 array[
   'grant select on public.chapters to pause_scheduler',
   'grant usage on sequence public.pause_status_log_id_seq to pause_scheduler',
   'grant execute on function public.mentor_status_on(uuid, date, timestamptz) to pause_scheduler']),

('supabase_auth_admin needs nothing of ours',
 $$ select e.object, e.privilege from effective e where e.grantee = 'supabase_auth_admin' $$,
 array['grant execute on function private.pseudonymise(uuid, uuid) to supabase_auth_admin']),

('no table is published to the realtime API but the inbox',
 $$ select p.pubname, p.tablename from pg_publication_tables p
    where p.schemaname in ('public', 'private') and (p.pubname, p.tablename) <> ('supabase_realtime', 'notification_inbox') $$,
 array['alter publication supabase_realtime add table public.chapters']),

-- Structure.

('every table has a primary key',
 $$ select r.oid::regclass from relations r where r.relkind in ('r', 'p')
      and not exists (select from pg_constraint c where c.conrelid = r.oid and c.contype = 'p') $$,
 array['alter table public.certifications drop constraint certifications_pkey']),

('every foreign key has an index that begins with its columns',
 $$ select c.conname from pg_constraint c join relations r on r.oid = c.conrelid
    where c.contype = 'f' and not exists (
      select from pg_index i
      where i.indrelid = c.conrelid and i.indisvalid and i.indpred is null
        and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
        and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] <@ c.conkey) $$,
 array[
   'drop index public.certifications_by_mentor',
   -- A partial index doesn't count, nor one that has the column further back.
   'drop index public.coordinator_assignments_by_mentor']),

('every foreign key says what a deletion does',
 $$ select c.conname from pg_constraint c join relations r on r.oid = c.conrelid where c.contype = 'f' and c.confdeltype = 'a' $$,
 array['alter table public.status_discrepancies add constraint status_discrepancies_mentor_exists foreign key (mentor_id) references public.profiles (id)']),

('every constraint is named <table>_<rule>, and not by PostgreSQL',
 $$ select c.conname, r.oid::regclass from pg_constraint c join relations r on r.oid = c.conrelid
    where c.contype in ('c', 'f', 'u', 'x', 'p')
      and (c.conname !~ ('^' || r.relname || '_[a-z0-9_]+$')
        or c.contype <> 'p' and c.conname ~ '_(check|fkey|key|excl)[0-9]*$') $$,
 array[
   $v$alter table public.chapters add check (name <> '')$v$,
   'alter table public.chapters add unique (name)',
   'alter table public.status_discrepancies add foreign key (mentor_id) references public.profiles (id)',
   $v$alter table public.chapters add constraint no_empty_name check (name <> '')$v$]),

('every table, view and function has a comment',
 $$ select r.oid::regclass::text from relations r where r.relkind in ('r', 'p', 'v', 'm', 'f') and obj_description(r.oid, 'pg_class') is null
    union all
    select f.oid::regprocedure::text from functions f where obj_description(f.oid, 'pg_proc') is null $$,
 array['comment on function private.today() is null', 'comment on table public.chapters is null']),

('every column of public whose name doesn''t say when or for whom it holds has a comment',
 $$ select r.oid::regclass, a.attname from pg_attribute a join relations r on r.oid = a.attrelid
    where r.relkind in ('r', 'p') and r.relnamespace = 'public'::regnamespace and not a.attisdropped
      and a.attname in ('ended_at', 'expires_on', 'issued_on', 'effective_on', 'paused_at', 'reactivated_at', 'version',
        'status', 'pause_reason', 'expected_return_date', 'coordinator_id', 'actor_id', 'actor_kind', 'from_status', 'locale')
      and (r.relname, a.attname) <> ('coordinator_assignments', 'coordinator_id')
      and col_description(r.oid, a.attnum) is null $$,
 array['comment on column public.pause_records.version is null', 'comment on column public.certifications.expires_on is null']);

-- How much the query finds once the violation is there; the violation is rolled back.
create function pg_temp.finds(query text, violation text) returns bigint
language plpgsql as $$
declare
  found_rows bigint;
begin
  begin
    execute violation;
    execute 'select count(*) from (' || query || ') found' into found_rows;
    raise exception using errcode = 'TAP00';
  exception when sqlstate 'TAP00' then
    return found_rows;
  end;
end
$$;

select is_empty(r.finds, r.rule) from rules r order by r.place;

select ok(pg_temp.finds(r.finds, v.violation) > 0, format('%s: finds %s', r.rule, v.violation))
from rules r cross join unnest(r.violations) with ordinality v (violation, place)
order by r.place, v.place;

-- What is listed here is meant for clients; a new one has to come here to be let through.
select is(
  array(select e.object from effective e where e.grantee = 'authenticated' and e.privilege = 'EXECUTE'
    and e.relnamespace = 'public'::regnamespace order by e.object collate "C"),
  array[
    'acknowledge_discrepancy(bigint,uuid)',
    'acknowledge_undelivered(uuid,uuid)',
    'allow_address(uuid,uuid)',
    'amend_pause(uuid,jsonb,integer,uuid)',
    'amend_planned_pause(uuid,jsonb,integer,uuid)',
    'answer_leave_request(uuid,text,text,integer,uuid)',
    'appoint_administrator(uuid,uuid)',
    'assign_coordinator(uuid,uuid,uuid)',
    'begin_invitation(uuid,text,uuid)',
    'cancel_planned_pause(uuid,uuid)',
    'close_chapter(uuid,date,uuid)',
    'compare_period_report(uuid)',
    'coordinator_roster(uuid,text[],text,integer,text,boolean,text[])',
    'dismiss_administrator(uuid,uuid)',
    'end_assignment(uuid,uuid,uuid)',
    'end_membership(uuid,date,uuid)',
    'erase_person(uuid,uuid)',
    'finish_invitation(uuid,text,uuid)',
    'follow_up_page(uuid,integer,text)',
    'hand_over(uuid,uuid,uuid,uuid)',
    'import_people(jsonb,uuid,text,text,uuid)',
    'inbox_page(integer,text)',
    'issue_period_report(date,date,uuid,uuid)',
    'issued_period_report(uuid,text,text,integer,bigint)',
    'issued_reports_page(integer,text)',
    'leave_requests_page(text[],integer,text)',
    'mark_read(bigint[],boolean,uuid)',
    'mentor_page(uuid,integer,text)',
    'mentor_status_on(uuid,date,timestamp with time zone)',
    'merge_people(uuid,uuid,uuid)',
    'organisation_page()',
    'pause_mentor(uuid,text,date,integer,uuid)',
    'pause_mentors(uuid[],text,date,date,boolean,uuid)',
    'people_page(text,text,uuid,integer,text,text)',
    'period_report(date,date,uuid,timestamp with time zone,text,integer,bigint)',
    'person_page(uuid,integer,text)',
    'plan_pause(uuid,text,date,date,uuid)',
    'possible_duplicates(uuid)',
    'reactivate_mentor(uuid,integer,uuid)',
    'register_certification(uuid,text,date,text,uuid)',
    'register_person(text,uuid,text,text,text,text,date,jsonb,uuid,text,text,uuid)',
    'remove_certification(uuid,uuid)',
    'report_evidence(uuid,date,date,uuid,timestamp with time zone)',
    'request_leave(text,text,date,date,uuid)',
    'revoke_certification(uuid,date,uuid)',
    'save_certification_kind(text,text,text,text,integer,boolean,text,integer,uuid)',
    'save_chapter(uuid,text,boolean,uuid)',
    'set_weekly_digest(boolean,uuid)',
    'start_membership(uuid,uuid,text,date,uuid)',
    'update_person(uuid,text,text,text,text,uuid)'],
  'authenticated executes exactly these functions of public');
select is(
  array(select e.object from effective e where e.grantee = 'authenticated' and e.privilege = 'EXECUTE'
    and e.relnamespace = 'private'::regnamespace order by e.object collate "C"),
  array[
    'private.acknowledge_discrepancy(bigint,uuid)',
    'private.acknowledge_undelivered(uuid,uuid)',
    'private.allow_address(uuid,uuid)',
    'private.amend_pause(uuid,jsonb,integer,uuid,boolean)',
    'private.amend_planned_pause(uuid,jsonb,integer,uuid)',
    'private.answer_leave_request(uuid,text,text,integer,uuid)',
    'private.appoint_administrator(uuid,uuid)',
    'private.assign_coordinator(uuid,uuid,uuid)',
    'private.begin_invitation(uuid,text,uuid)',
    'private.cancel_planned_pause(uuid,uuid)',
    'private.close_chapter(uuid,date,uuid)',
    'private.compare_period_report(uuid)',
    'private.coordinator_roster(uuid,text[],text,integer,text,boolean,text[])',
    'private.dismiss_administrator(uuid,uuid)',
    'private.end_assignment(uuid,uuid,uuid)',
    'private.end_membership(uuid,date,uuid)',
    'private.erase_person(uuid,uuid)',
    'private.finish_invitation(uuid,text,uuid)',
    'private.follow_up_page(uuid,integer,text)',
    'private.hand_over(uuid,uuid,uuid,uuid)',
    'private.import_people(jsonb,uuid,text,text,uuid)',
    'private.inbox_page(integer,text)',
    'private.is_of_this_time(uuid,timestamp with time zone)',
    'private.is_organisation_administrator()',
    'private.issue_period_report(date,date,uuid,uuid)',
    'private.issued_period_report(uuid,text,text,integer,bigint)',
    'private.issued_reports_page(integer,text)',
    'private.leave_requests_page(text[],integer,text)',
    'private.mark_read(bigint[],boolean,uuid)',
    'private.mentor_page(uuid,integer,text)',
    'private.mentor_status_on(uuid,date,timestamp with time zone)',
    'private.merge_people(uuid,uuid,uuid)',
    'private.my_administered_chapter_ids()',
    'private.my_chapter_ids()',
    'private.my_former_mentor_ids()',
    'private.my_id()',
    'private.organisation_page()',
    'private.pause_mentor(uuid,text,date,integer,uuid,text[],boolean)',
    'private.pause_mentors(uuid[],text,date,date,boolean,uuid)',
    'private.people_page(text,text,uuid,integer,text,text)',
    'private.period_report(date,date,uuid,timestamp with time zone,text,integer,bigint)',
    'private.person_page(uuid,integer,text)',
    'private.plan_pause(uuid,text,date,date,uuid)',
    'private.possible_duplicates(uuid)',
    'private.reactivate_mentor(uuid,integer,uuid)',
    'private.register_certification(uuid,text,date,text,uuid)',
    'private.register_person(text,uuid,text,text,text,text,date,jsonb,uuid,text,text,uuid)',
    'private.remove_certification(uuid,uuid)',
    'private.report_evidence(uuid,date,date,uuid,timestamp with time zone)',
    'private.request_leave(text,text,date,date,uuid)',
    'private.revoke_certification(uuid,date,uuid)',
    'private.save_certification_kind(text,text,text,text,integer,boolean,text,integer,uuid)',
    'private.save_chapter(uuid,text,boolean,uuid)',
    'private.set_weekly_digest(boolean,uuid)',
    'private.start_membership(uuid,uuid,text,date,uuid)',
    'private.update_person(uuid,text,text,text,text,uuid)'],
  'and exactly these behind them, each of which checks its caller');

-- The roles of the deployed functions. Whether they may log in is the operator's choice.
select is(
  (select to_jsonb(r) from (
    select rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
    from pg_roles where rolname = role) r),
  '{"rolinherit": false, "rolsuper": false, "rolcreaterole": false, "rolcreatedb": false, "rolreplication": false, "rolbypassrls": false}',
  role || ' inherits nothing and has no attribute')
from unnest(array['pause_api', 'pause_scheduler']) role;
select is(
  array(select m.roleid::regrole::text from pg_auth_members m where m.member = 'pause_api'::regrole order by 1), array['authenticated'],
  'pause_api is a member of authenticated alone');
select is(
  array(select m.roleid::regrole::text from pg_auth_members m where m.member = 'pause_scheduler'::regrole order by 1), '{}'::text[],
  'pause_scheduler is a member of nothing');
select is_empty(
  $$ select m.roleid::regrole, m.member::regrole from pg_auth_members m
     where m.roleid in ('pause_api'::regrole, 'pause_scheduler'::regrole)
       and m.member in (select oid from pg_roles where rolname in ('anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin')) $$,
  'nobody who comes by the API can become either');
select is_empty(
  $$ select 1 from pg_db_role_setting s where s.setrole in ('pause_api'::regrole, 'pause_scheduler'::regrole)
       and exists (select from unnest(s.setconfig) c where c like 'role=%' or c like 'search_path=%') $$,
  'neither starts out as another role or with another search_path');

select * from finish();
rollback;
