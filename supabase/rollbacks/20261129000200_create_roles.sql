drop role pause_scheduler;
drop role pause_api;

do $$
declare
  role name;
begin
  execute format('grant temporary on database %I to public', current_database());
  for role in
    select r.rolname from pg_catalog.pg_roles r
    where not r.rolsuper
      and (r.rolname like 'supabase\_%' or r.rolname in ('dashboard_user', 'pgbouncer'))
    order by r.rolname
  loop
    execute format('revoke temporary on database %I from %I', current_database(), role);
  end loop;
end
$$;
