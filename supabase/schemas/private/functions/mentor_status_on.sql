CREATE OR REPLACE FUNCTION private.mentor_status_on (
  mentor_id   uuid,
  as_of       date,
  as_known_at timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  AS $function$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  mentor uuid := private.kept_id(mentor_status_on.mentor_id);
  moment timestamptz;
  mine uuid[];
begin
  if mentor_status_on.as_known_at is not null then
    moment := private.known_moment(mentor_status_on.as_known_at);
  end if;
  if mentor_status_on.as_of is null then
    return null;
  end if;
  if mentor is distinct from private.my_id() and not private.is_organisation_administrator() then
    -- Of others' mentors, what was before they came is for nobody to see.
    mine := private.my_chapter_ids();
    if not exists (
      select from public.chapter_memberships m
      where m.user_id = mentor and m.role = 'mentor' and m.chapter_id = any (mine)
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
    ) or not exists (
      select from public.chapter_memberships m
      where m.user_id = mentor and m.role = 'mentor' and m.chapter_id = any (mine)
        and (m.started_at at time zone zone)::date <= mentor_status_on.as_of
    ) then
      return null;
    end if;
  elsif not exists (select from public.profiles p where p.id = mentor) then
    return null;
  end if;

  if moment is null then
    return private.status_of(mentor, mentor_status_on.as_of);
  end if;
  return private.status_known_at(mentor_status_on.mentor_id, mentor_status_on.as_of, moment);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."mentor_status_on"(uuid, date, timestamp WITH time zone) TO "authenticated";

COMMENT ON FUNCTION "private"."mentor_status_on"(uuid, date, timestamp with time zone) IS 'Behind public.mentor_status_on. Definer, so that the answer rests on all of the mentor''s facts; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."mentor_status_on"(uuid, date, timestamp WITH time zone) FROM PUBLIC;
