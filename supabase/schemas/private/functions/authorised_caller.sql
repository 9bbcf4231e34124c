CREATE OR REPLACE FUNCTION private.authorised_caller (
  mentor_id uuid,
  code      text DEFAULT 'mentor_not_found'::text
)
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := auth.uid();
  mine uuid[];
begin
  if exists (
    select from public.chapter_memberships t
    join public.chapter_memberships m on m.chapter_id = t.chapter_id
    where t.user_id = authorised_caller.mentor_id
      and t.role = 'mentor'
      and t.started_at <= clock_timestamp()
      and (t.ended_at is null or t.ended_at > clock_timestamp())
      and m.user_id = caller
      and m.role in ('coordinator', 'administrator')
      and m.started_at <= clock_timestamp()
      and (m.ended_at is null or m.ended_at > clock_timestamp())
  ) then
    return caller;
  end if;
  -- Whoever waited for the lock is judged by the time at which it was given.
  if exists (
    select from public.organisation_administrators o
    where o.user_id = caller and o.started_at <= clock_timestamp() and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) and exists (
    select from public.chapter_memberships t
    where t.user_id = authorised_caller.mentor_id and t.role = 'mentor'
      and t.started_at <= clock_timestamp() and (t.ended_at is null or t.ended_at > clock_timestamp())
  ) then
    return caller;
  end if;

  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if authorised_caller.mentor_id is null and authorised_caller.code = 'mentor_not_found' then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  mine := private.chapters_now(caller, true);
  if mine = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  if private.kept_id(authorised_caller.mentor_id) <> authorised_caller.mentor_id then
    perform private.refuse_unless_mine(authorised_caller.mentor_id, mine, code => authorised_caller.code);
  end if;
  perform private.refuse(authorised_caller.code);
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."authorised_caller"(uuid, text) IS 'The caller, who has to manage this mentor at the time of the call; else refuses with unauthenticated, not_a_coordinator, or the code given.';

REVOKE ALL ON FUNCTION "private"."authorised_caller"(uuid, text) FROM PUBLIC;
