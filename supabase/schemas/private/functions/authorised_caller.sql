CREATE OR REPLACE FUNCTION private.authorised_caller (
  mentor_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := auth.uid();
begin
  if exists (
    select from public.chapter_memberships t
    join public.chapter_memberships m on m.chapter_id = t.chapter_id
    where t.user_id = authorised_caller.mentor_id
      and t.role = 'mentor'
      and t.ended_at is null
      and m.user_id = caller
      and m.role in ('coordinator', 'administrator')
      and m.ended_at is null
  ) then
    return caller;
  end if;

  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if authorised_caller.mentor_id is null then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  if private.my_chapter_ids() = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  perform private.refuse('mentor_not_found');
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."authorised_caller"(uuid) IS 'The caller, who has to manage this mentor at the time of the call; else refuses with unauthenticated, not_a_coordinator or mentor_not_found.';

REVOKE ALL ON FUNCTION "private"."authorised_caller"(uuid) FROM PUBLIC;
