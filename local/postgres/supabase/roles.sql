-- The roles of a Supabase project, once per cluster, run by supabase_admin.
-- A test compares every attribute, membership and setting with what was
-- measured on Supabase.

create role anon nologin inherit;
create role authenticated nologin inherit;
create role service_role nologin inherit bypassrls;

create role authenticator login noinherit password 'postgres';
grant anon, authenticated, service_role to authenticator;

create role supabase_auth_admin login noinherit createrole password 'postgres';

-- Not a superuser: whatever a migration needs, it must be allowed to this role.
create role postgres login createdb createrole replication bypassrls password 'postgres';
grant pg_monitor, pg_read_all_data, pg_signal_backend to postgres;

do $$
begin
  if current_setting('server_version_num')::int >= 160000 then
    grant anon, authenticated, service_role to postgres with admin option;
  else
    grant anon, authenticated, service_role to postgres;
  end if;
end
$$;

-- Settings of a role apply when it logs in, not at `set role`. The backslash
-- in "\$user" is Supabase's: it names a schema that never exists.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role postgres set search_path = "\$user", public, extensions;
alter role supabase_admin set search_path = "\$user", public, auth, extensions;
alter role supabase_auth_admin set search_path = auth;
