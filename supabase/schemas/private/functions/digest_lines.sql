CREATE OR REPLACE FUNCTION private.digest_lines (
  recipient_ids uuid[],
  as_of         date
)
  RETURNS SETOF private.digest_line
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_mergejoin TO 'off'
  SET enable_hashjoin TO 'off'
  AS $function$
declare
  sunday date := date_trunc('week', digest_lines.as_of)::date + 6;
  recipients uuid[] := array(
    select distinct r from unnest(digest_lines.recipient_ids) r
    where not exists (select from private.digest_refusals f where f.person_id = r)
      and not exists (select from public.erasures e where e.person_id = r));
begin
  if recipients = '{}' then
    return;
  end if;
  return query
    with administered as materialized (
      select m.user_id as person_id, m.chapter_id
      from unnest(recipients) r (id)
      join public.chapter_memberships m on m.user_id = r.id
      where m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
      union
      -- For the national office, those whom no administrator answers for.
      select o.user_id, c.id
      from unnest(recipients) r (id)
      join public.organisation_administrators o on o.user_id = r.id
      cross join public.chapters c
      where o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
        and not exists (
          select from public.chapter_memberships m
          where m.chapter_id = c.id and m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    ), found as (
      select a.coordinator_id as person_id, true as is_assigned, p.*
      from unnest(recipients) r (id)
      join public.coordinator_assignments a on a.coordinator_id = r.id and a.ended_at is null
      cross join lateral (
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.mentor_id = a.mentor_id and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
          and (r.id = any (s.assigned_to) or (s.assigned_to = '{}') is true and exists (
            select from private.roster_entries e
            where e.mentor_id = s.mentor_id and e.chapter_id = s.chapter_id and e.from_on <= digest_lines.as_of and e.until_on > digest_lines.as_of
              and e.coordinators @> jsonb_build_array(jsonb_build_object('id', r.id))))
          and (s.has_request
            or s.certified_until between digest_lines.as_of and digest_lines.as_of + 30
            or s.is_paused and s.expected_return_date <= sunday and (s.certified_until < digest_lines.as_of) is not true)
        order by s.chapter_id
        limit 1
      ) p
      union all
      select d.person_id, false, p.*
      from administered d
      cross join lateral (
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.chapter_id = d.chapter_id and s.is_paused and s.expected_return_date <= sunday and s.assigned_to is null
          and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
          and (s.certified_until < digest_lines.as_of) is not true
        union all
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.chapter_id = d.chapter_id and s.has_request and s.assigned_to is null
          and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
        union all
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_entries e
        cross join lateral (
          select q.* from private.roster_places q
          where q.mentor_id = e.mentor_id and q.chapter_id = e.chapter_id and q.assigned_to is null
            and q.from_on <= digest_lines.as_of and q.until_on > digest_lines.as_of
          offset 0
        ) s
        where e.chapter_id = d.chapter_id and e.certified_until between digest_lines.as_of and digest_lines.as_of + 30
          and e.from_on <= digest_lines.as_of and e.until_on > digest_lines.as_of
      ) p
      -- Of a mentor in two chapters, the administrators of either answer, before the office does.
      where exists (
          select from public.chapter_memberships m
          where m.user_id = d.person_id and m.chapter_id = d.chapter_id and m.role = 'administrator')
        or not exists (
          select from private.roster_entries o
          join public.chapter_memberships m on m.chapter_id = o.chapter_id
          where o.mentor_id = p.mentor_id and o.from_on <= digest_lines.as_of and o.until_on > digest_lines.as_of
            and m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    ), once as (
      select distinct on (f.person_id, f.mentor_id) f.*
      from found f
      where f.mentor_id <> f.person_id
      order by f.person_id, f.mentor_id, f.is_assigned desc
    )
    select o.person_id, o.is_assigned, o.mentor_id, e.display_name::text,
      case when w.is_away and o.expected_return_date < digest_lines.as_of then o.expected_return_date end,
      case when w.is_away and o.expected_return_date between digest_lines.as_of and sunday then o.expected_return_date end,
      case when o.certified_until between digest_lines.as_of and digest_lines.as_of + 30 then o.certified_until end,
      case when o.certified_until between digest_lines.as_of and digest_lines.as_of + 30 then e.certification_kind end,
      case when o.has_request then array(
        select l.kind from public.leave_requests l where l.mentor_id = o.mentor_id and l.state = 'open' order by l.created_at, l.id) end
    from once o
    cross join lateral (select o.is_paused and (o.certified_until < digest_lines.as_of) is not true) w (is_away)
    cross join lateral (
      select n.display_name, n.certification_kind from private.roster_entries n
      where n.mentor_id = o.mentor_id and n.chapter_id = o.chapter_id and n.from_on <= digest_lines.as_of and n.until_on > digest_lines.as_of
      offset 0
    ) e;
end
$function$;

COMMENT ON FUNCTION "private"."digest_lines"(uuid[], date) IS 'Whom the digests of these recipients are about on a date, and what for: assigned to them, or without a coordinator in a chapter that they administer. Nobody, of who has turned it off or was erased.';

REVOKE ALL ON FUNCTION "private"."digest_lines"(uuid[], date) FROM PUBLIC;
