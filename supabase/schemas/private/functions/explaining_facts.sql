CREATE OR REPLACE FUNCTION private.explaining_facts (
  mentor_id      uuid,
  issued         public.period_reports,
  as_known_at    timestamp with time zone,
  then_stretches jsonb,
  now_stretches  jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET jit TO 'off'
  AS $function$
declare
  changed uuid[] := array(
    select distinct f.id from private.facts_since(explaining_facts.mentor_id, issued.as_known_at, explaining_facts.as_known_at) f);
  deciding uuid[];
  kinds_changed boolean := exists (
    select from private.kind_versions v
    where v.recorded_at > issued.as_known_at and v.recorded_at <= explaining_facts.as_known_at
      or v.superseded_at > issued.as_known_at and v.superseded_at <= explaining_facts.as_known_at);
  by_kinds boolean;
begin
  -- Without which a day would be other than it is now.
  deciding := array(
    select c from unnest(changed) c
    where (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, array[c]) s)
      is distinct from explaining_facts.now_stretches);
  by_kinds := kinds_changed and (
    select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, '{}', issued.as_known_at) s)
    is distinct from explaining_facts.now_stretches;
  -- Where several say the same, none of them is missed by itself: so also those that alone
  -- make a difference, and if that is not enough, all.
  if (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, deciding,
      case when by_kinds then issued.as_known_at end) s) is distinct from explaining_facts.then_stretches then
    deciding := array(
      select c from unnest(changed) c
      where c = any (deciding)
        or (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at,
          array(select o from unnest(changed) o where o <> c), case when kinds_changed then issued.as_known_at end) s)
        is distinct from explaining_facts.then_stretches);
    if (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, deciding,
        case when by_kinds then issued.as_known_at end) s) is distinct from explaining_facts.then_stretches then
      deciding := changed;
      by_kinds := kinds_changed;
    end if;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('recorded_at', f.recorded_at, 'recorded_by', f.recorded_by,
      'recorded_by_name', private.name_of_recorder(f.recorded_by), 'command', f.command,
      'table', f.table_name, 'before', f.before, 'after', f.after) order by f.recorded_at, f.table_name, f.id), '[]')
    from (
      select s.* from private.facts_since(explaining_facts.mentor_id, issued.as_known_at, explaining_facts.as_known_at) s
      where s.id = any (deciding)
      union all
      select null, 'certification_kinds', v.recorded_at, v.recorded_by, v.command, null,
        jsonb_build_object('code', v.code, 'from_day', case when isfinite(v.from_day) then v.from_day end, 'is_required', v.is_required, 'replaced_by', v.replaced_by)
      from private.kind_versions v
      where by_kinds and v.recorded_at > issued.as_known_at and v.recorded_at <= explaining_facts.as_known_at and v.superseded_at > explaining_facts.as_known_at
      union all
      select null, 'certification_kinds', v.superseded_at, v.superseded_by, v.superseded_command,
        jsonb_build_object('code', v.code, 'from_day', case when isfinite(v.from_day) then v.from_day end, 'is_required', v.is_required, 'replaced_by', v.replaced_by), null
      from private.kind_versions v
      where by_kinds and v.recorded_at <= issued.as_known_at and v.superseded_at > issued.as_known_at and v.superseded_at <= explaining_facts.as_known_at
    ) f);
end
$function$;

COMMENT ON FUNCTION "private"."explaining_facts"(uuid, public.period_reports, timestamp with time zone, jsonb, jsonb) IS 'The facts recorded since a report was issued without which one of the mentor''s days would be other. Facts of one row go together.';

REVOKE ALL ON FUNCTION "private"."explaining_facts"(uuid, public.period_reports, timestamp WITH time zone, jsonb, jsonb) FROM PUBLIC;
