CREATE OR REPLACE FUNCTION private.place_requests (
  mentor_ids uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  AS $function$
declare
  asked uuid[] := array(select l.id from public.leave_requests l where l.mentor_id = any (place_requests.mentor_ids));
begin
  if asked = '{}' then
    return;
  end if;
  delete from private.request_places p
  using public.leave_requests l
  where p.id = any (asked) and l.id = p.id
    and not exists (
      select from public.chapter_memberships m
      where m.user_id = l.mentor_id and m.role = 'mentor' and m.chapter_id = p.chapter_id
        and (m.ended_at is null or m.ended_at > clock_timestamp()));
  update private.request_places p
  set state = l.state, created_at = l.created_at
  from public.leave_requests l
  where p.id = any (asked) and l.id = p.id and (p.state, p.created_at) <> (l.state, l.created_at);
  insert into private.request_places (id, chapter_id, state, created_at)
  select distinct l.id, m.chapter_id, l.state, l.created_at
  from public.leave_requests l
  join public.chapter_memberships m on m.user_id = l.mentor_id
  where l.id = any (asked) and m.role = 'mentor' and (m.ended_at is null or m.ended_at > clock_timestamp())
    and not exists (select from private.request_places p where p.id = l.id and p.chapter_id = m.chapter_id);
end
$function$;

COMMENT ON FUNCTION "private"."place_requests"(uuid[]) IS 'Places the requests of these mentors, who are locked, in their chapters.';

REVOKE ALL ON FUNCTION "private"."place_requests"(uuid[]) FROM PUBLIC;
