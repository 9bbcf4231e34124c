CREATE OR REPLACE FUNCTION private.digest_recipients (
  after_id uuid,
  batch    integer
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  AS $function$
begin
  return array(
    select p.id
    from (
      select m.user_id as id from public.chapter_memberships m
      where m.role in ('coordinator', 'administrator') and m.user_id > digest_recipients.after_id
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
      union
      select o.user_id from public.organisation_administrators o
      where o.user_id > digest_recipients.after_id and o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
    ) p
    order by p.id
    limit digest_recipients.batch);
end
$function$;

COMMENT ON FUNCTION "private"."digest_recipients"(uuid, integer) IS 'The next so many people, by id, who may have a digest.';

REVOKE ALL ON FUNCTION "private"."digest_recipients"(uuid, integer) FROM PUBLIC;
