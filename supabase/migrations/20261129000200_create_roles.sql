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
