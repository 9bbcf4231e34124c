CREATE OR REPLACE FUNCTION private.refuse_last_administrator (
  leaving uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if exists (
    select from unnest(refuse_last_administrator.leaving) l (id) where private.administers_organisation(l.id)
  ) and not exists (
    select from public.organisation_administrators o
    where o.user_id <> all (refuse_last_administrator.leaving) and o.started_at <= clock_timestamp() and o.ended_at is null
  ) then
    perform private.refuse('in_use', 'last_administrator', 'This is the only organisation administrator. Appoint another one first.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_last_administrator"(uuid[]) IS 'Refuses with in_use (last_administrator) if without these people nobody would administer the organisation.';

REVOKE ALL ON FUNCTION "private"."refuse_last_administrator"(uuid[]) FROM PUBLIC;
