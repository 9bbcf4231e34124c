CREATE OR REPLACE FUNCTION private.keep_kind_versions()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  circle text;
begin
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.certification_kinds', 0));
  with recursive successors (code, successor) as (
    select n.code, n.replaced_by from new_rows n where n.replaced_by is not null
    union
    select s.code, k.replaced_by
    from successors s
    join public.certification_kinds k on k.code = s.successor
    where k.replaced_by is not null and s.successor <> s.code
  )
  select s.code into circle from successors s where s.successor = s.code limit 1;
  if circle is not null then
    raise exception 'the certification kind % would in the end be replaced by itself', circle
      using errcode = 'check_violation', constraint = 'certification_kinds_no_cycle',
        table = tg_table_name, schema = tg_table_schema;
  end if;

  insert into private.certification_kind_versions (code, from_day, is_required, replaced_by)
  select n.code,
    -- The clock may have been set back.
    case when l.from_day is null then '-infinity' else greatest(private.date_of(clock_timestamp()), l.from_day) end,
    n.is_required, n.replaced_by
  from new_rows n
  left join lateral (
    select v.from_day, v.is_required, v.replaced_by
    from private.certification_kind_versions v
    where v.code = n.code
    order by v.from_day desc, v.id desc
    limit 1
  ) l on true
  where l.from_day is null or (n.is_required, n.replaced_by) is distinct from (l.is_required, l.replaced_by);

  update private.settings s
  set kinds_have_rules = true
  where not s.kinds_have_rules and exists (select from new_rows n where n.is_required or n.replaced_by is not null);
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."keep_kind_versions"() IS 'Trigger: refuses kinds that replace each other in a circle (SQLSTATE 23514), and keeps what was saved, from its day on. Definer, because the versions have no other writer.';

REVOKE ALL ON FUNCTION "private"."keep_kind_versions"() FROM PUBLIC;
