CREATE OR REPLACE FUNCTION private.recipients_for (
  mentor_ids  uuid[],
  audiences   text[],
  with_others boolean[] DEFAULT NULL::boolean[]
)
  RETURNS TABLE (
    nth            bigint,
    recipient_id   uuid,
    recipient_role text,
    chosen_because text,
    inbox_only     boolean
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select n.nth, r.person_id, r.role, r.because, r.is_other
    from unnest(recipients_for.mentor_ids, recipients_for.audiences, recipients_for.with_others) with ordinality
      n (mentor_id, audience, with_others, nth)
    cross join lateral (
      select array(
        select m.chapter_id
        from public.chapter_memberships m
        where m.user_id = n.mentor_id and m.role = 'mentor'
          and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
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
            where m.user_id = s.coordinator_id and m.role = 'coordinator'
              and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
              and m.chapter_id = any (p.chapters))
      ) as coordinators
      offset 0
    ) c
    cross join lateral (
      select array(
        select distinct m.user_id
        from public.chapter_memberships m
        where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
          and m.chapter_id = any (p.chapters) and m.role = 'administrator'
          and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
          and not exists (select from public.erasures e where e.person_id = m.user_id)
      ) as administrators
      offset 0
    ) d
    cross join lateral (
      select n.mentor_id as person_id, 'mentor' as role, 'the mentor' as because, false as is_other
      where n.audience = 'mentor'
        and exists (select from public.profiles q where q.id = n.mentor_id)
        and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      union all
      select u.id, 'coordinator', 'assigned to the mentor', false
      from unnest(c.coordinators) u (id)
      union all
      select a.id, 'administrator',
        case n.audience when 'coordinator' then 'no active coordinator is assigned' else 'administers a chapter of the mentor' end, false
      from unnest(d.administrators) a (id)
      union all
      select distinct o.user_id, 'administrator', 'no administrator of the mentor''s chapters is active', false
      from public.organisation_administrators o
      where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
        and d.administrators = '{}' and p.chapters <> '{}'
        and o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
        and not exists (select from public.erasures e where e.person_id = o.user_id)
      union all
      -- Of several chapters, those in which nobody is assigned.
      select distinct m.user_id, 'coordinator', 'coordinates another chapter of the mentor', true
      from public.chapter_memberships m
      where n.with_others and n.audience = 'coordinator' and cardinality(p.chapters) > 1
        and m.chapter_id = any (p.chapters) and m.role = 'coordinator'
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
        and m.user_id <> all (c.coordinators) and m.user_id <> all (d.administrators)
        and not exists (
          select from public.chapter_memberships r
          where r.chapter_id = m.chapter_id and r.role = 'coordinator' and r.user_id = any (c.coordinators)
            and r.started_at <= now() and (r.ended_at is null or r.ended_at > now()))
        and not exists (select from public.erasures e where e.person_id = m.user_id)
    ) r;
end
$function$;

COMMENT ON FUNCTION "private"."recipients_for"(uuid[], text[], boolean[]) IS 'Who gets a message about the nth mentor, for the nth audience (coordinator, mentor, administrator), at present: one row per person, in which role and why. with_others: in the inbox only, the coordinators of the mentor''s other chapters too. No row: nobody. Nobody who was erased is one, nor is anybody told of an erased mentor, whatever memberships are entered again. Definer, because only functions behind an RPC call it.';

REVOKE ALL ON FUNCTION "private"."recipients_for"(uuid[], text[], boolean[]) FROM PUBLIC;
