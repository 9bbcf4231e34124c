CREATE OR REPLACE FUNCTION private.mentor_status_on (
  mentor_id uuid,
  as_of     date
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  AS $function$
declare
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
  certified_until date;
begin
  if mentor_status_on.as_of is null or not exists (
    select from public.chapter_memberships m
    where m.user_id = mentor_status_on.mentor_id
      and m.role = 'mentor'
      and (m.user_id = private.my_id() or m.ended_at is null and m.chapter_id = any (private.my_chapter_ids()))
  ) then
    return null;
  end if;

  select f.certified_until into certified_until
  from private.certification_facts(array[mentor_status_on.mentor_id], mentor_status_on.as_of) f;
  if certified_until < mentor_status_on.as_of then
    return 'expired_cert';
  end if;
  -- The end of the day counts: paused from the day of the pause, active from that of the return.
  if exists (
    select from public.pause_records r
    where r.mentor_id = mentor_status_on.mentor_id
      and (r.paused_at at time zone zone)::date <= mentor_status_on.as_of
      and (r.reactivated_at is null or (r.reactivated_at at time zone zone)::date > mentor_status_on.as_of)
  ) then
    return 'paused';
  end if;
  return 'active';
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."mentor_status_on"(uuid, date) TO "authenticated";

COMMENT ON FUNCTION "private"."mentor_status_on"(uuid, date) IS 'Behind public.mentor_status_on. Definer, so that the answer rests on all of the mentor''s facts; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."mentor_status_on"(uuid, date) FROM PUBLIC;
