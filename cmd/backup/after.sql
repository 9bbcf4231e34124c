
do $$
declare
  one regclass;
  missing text := (select string_agg(version, ', ' order by version) from (
    select version from supabase_migrations.schema_migrations except select version from pg_temp.migrated) v);
  surplus text := (select string_agg(version, ', ' order by version) from (
    select version from pg_temp.migrated except select version from supabase_migrations.schema_migrations) v);
begin
  if missing is not null then
    raise exception 'the backup has migrations that this database lacks: %', missing
      using hint = 'Use the release that made the backup, or a later one.';
  elsif surplus is not null then
    raise exception 'this database has migrations that came after the backup: %', surplus
      using hint = 'Migrate with the release that made the backup, restore, and migrate on.';
  end if;
  for one in
    select c.oid from pg_catalog.pg_class c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'r'
  loop
    execute format('alter table %s enable trigger user', one);
  end loop;
end
$$;
commit;
