CREATE OR REPLACE FUNCTION private.recipients_of (
  notification_ids uuid[]
)
  RETURNS TABLE (
    notification_id uuid,
    recipient_id    uuid,
    recipient_role  text,
    chosen_because  text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select n.id, r.person_id, r.role, r.because
    from public.notifications n
    cross join lateral (
      select array(
        select m.chapter_id
        from public.chapter_memberships m
        where m.user_id = n.mentor_id and m.role = 'mentor' and m.ended_at is null
          and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      ) as chapters
      offset 0
    ) p
    cross join lateral (
      select array(
        select s.coordinator_id
        from public.coordinator_assignments s
        where s.mentor_id = n.mentor_id and s.ended_at is null
          and n.audience = 'coordinator'
          and not exists (select from public.erasures e where e.person_id = s.coordinator_id)
          and exists (
            select from public.chapter_memberships m
            where m.user_id = s.coordinator_id and m.role = 'coordinator' and m.ended_at is null
              and m.chapter_id = any (p.chapters))
      ) as coordinators
      offset 0
    ) c
    cross join lateral (
      select n.mentor_id as person_id, 'mentor' as role, 'the mentor' as because
      where n.audience = 'mentor'
        and exists (select from public.profiles q where q.id = n.mentor_id)
        and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      union all
      select u.id, 'coordinator', 'assigned to the mentor'
      from unnest(c.coordinators) u (id)
      union all
      select distinct m.user_id, 'administrator',
        case n.audience when 'coordinator' then 'no active coordinator is assigned' else 'administers a chapter of the mentor' end
      from public.chapter_memberships m
      where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
        and m.chapter_id = any (p.chapters) and m.role = 'administrator' and m.ended_at is null
        and not exists (select from public.erasures e where e.person_id = m.user_id)
    ) r
    where n.id = any (recipients_of.notification_ids);
end
$function$;

COMMENT ON FUNCTION "private"."recipients_of"(uuid[]) IS 'The present recipients of these notifications, one row per person: in which role (mentor, coordinator, administrator) and why. A notification without a row has no recipient. Nobody who was erased is one, nor is anybody told of an erased mentor, whatever memberships are entered again. Definer, because only the nightly and dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."recipients_of"(uuid[]) FROM PUBLIC;
