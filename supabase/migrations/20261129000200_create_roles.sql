-- The roles that the deployed functions connect as. They come without login; an
-- operator gives each a password. Roles belong to the cluster and outlive
-- `supabase db reset --remote`, so creating them has to be repeatable.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'pause_api') then
    create role pause_api nologin noinherit;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'pause_scheduler') then
    create role pause_scheduler nologin noinherit;
  end if;
end
$$;

-- Noinherit: until a request says `set local role authenticated`, the connection may
-- do nothing at all.
grant authenticated to pause_api;

comment on role pause_api is
  'The HTTP functions of mentorpause. Member of authenticated alone; switches to it inside each request''s transaction.';
comment on role pause_scheduler is
  'The scheduled functions of mentorpause. Executes the nightly and dispatch RPCs and reaches no table.';

-- Whoever can create temporary objects can name a type or a table of their own like
-- one of PostgreSQL's. The functions here are safe from that by their search_path; no
-- role that reaches them over the API, and neither of ours, needs the right. The
-- platform's own roles, which had it as everybody, keep it.
do $$
declare
  role name;
begin
  execute format('revoke temporary on database %I from public', current_database());
  for role in
    select r.rolname from pg_catalog.pg_roles r
    where not r.rolsuper
      and (r.rolname like 'supabase\_%' or r.rolname in ('dashboard_user', 'pgbouncer'))
    order by r.rolname
  loop
    execute format('grant temporary on database %I to %I', current_database(), role);
  end loop;
  if has_database_privilege('pause_api', current_database(), 'TEMPORARY') then
    raise exception 'temporary objects can still be created by everybody in database %', current_database()
      using hint = 'Run the migrations as the owner of the database.';
  end if;
end
$$;
