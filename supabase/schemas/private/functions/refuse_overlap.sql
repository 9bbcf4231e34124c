CREATE OR REPLACE FUNCTION private.refuse_overlap()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  overlapping uuid;
begin
  select n.id into overlapping
  from new_rows n
  join public.chapter_memberships m
    on m.user_id = n.user_id and m.role = n.role and m.chapter_id = n.chapter_id and m.id <> n.id
  where tstzrange(m.started_at, m.ended_at) && tstzrange(n.started_at, n.ended_at)
  limit 1;
  if overlapping is not null then
    raise exception 'membership % overlaps another one in the same role and chapter', overlapping
      using errcode = 'exclusion_violation', constraint = 'chapter_memberships_one_at_a_time',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_overlap"() IS 'Trigger: a person holds a role in a chapter at most once at a time (SQLSTATE 23P01). Definer, because not everybody who writes may read all memberships.';

REVOKE ALL ON FUNCTION "private"."refuse_overlap"() FROM PUBLIC;
