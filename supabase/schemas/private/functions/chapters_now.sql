CREATE OR REPLACE FUNCTION private.chapters_now (
  caller_id      uuid,
  as_coordinator boolean DEFAULT false
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if exists (
    select from public.organisation_administrators o
    where o.user_id = chapters_now.caller_id and o.started_at <= clock_timestamp()
      and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) then
    return array(select c.id from public.chapters c);
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = chapters_now.caller_id
      and (m.role = 'administrator' or chapters_now.as_coordinator and m.role = 'coordinator')
      and m.started_at <= clock_timestamp()
      and (m.ended_at is null or m.ended_at > clock_timestamp())
  );
end
$function$;

COMMENT ON FUNCTION "private"."chapters_now"(uuid, boolean) IS 'The chapters that somebody administers (or coordinates too) by the clock; all of them for an organisation administrator.';

REVOKE ALL ON FUNCTION "private"."chapters_now"(uuid, boolean) FROM PUBLIC;
