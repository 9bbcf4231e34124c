CREATE OR REPLACE FUNCTION private.manageable (
  mentor_ids uuid[],
  caller_id  uuid,
  moment     timestamp with time zone
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    select distinct t.user_id
    from public.chapter_memberships t
    where t.user_id = any (manageable.mentor_ids)
      and t.role = 'mentor'
      and t.started_at <= manageable.moment
      and (t.ended_at is null or t.ended_at > manageable.moment)
      and (
        t.chapter_id in (
          select m.chapter_id from public.chapter_memberships m
          where m.user_id = manageable.caller_id
            and m.role in ('coordinator', 'administrator')
            and m.started_at <= manageable.moment
            and (m.ended_at is null or m.ended_at > manageable.moment))
        or exists (
          select from public.organisation_administrators o
          where o.user_id = manageable.caller_id
            and o.started_at <= manageable.moment and (o.ended_at is null or o.ended_at > manageable.moment))));
end
$function$;

COMMENT ON FUNCTION "private"."manageable"(uuid[], uuid, timestamp with time zone) IS 'Those of these mentors whom the caller manages at that moment: the rule of private.authorised_caller, for many.';

REVOKE ALL ON FUNCTION "private"."manageable"(uuid[], uuid, timestamp WITH time zone) FROM PUBLIC;
