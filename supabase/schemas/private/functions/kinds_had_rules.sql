CREATE OR REPLACE FUNCTION private.kinds_had_rules (
  as_known_at timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from private.kind_versions v
    where v.recorded_at <= kinds_had_rules.as_known_at and v.superseded_at > kinds_had_rules.as_known_at
      and (v.is_required or v.replaced_by is not null));
end
$function$;

COMMENT ON FUNCTION "private"."kinds_had_rules"(timestamp with time zone) IS 'Whether some kind was known to be required or replaced; else each certification is judged by itself, which is quicker.';

REVOKE ALL ON FUNCTION "private"."kinds_had_rules"(timestamp WITH time zone) FROM PUBLIC;
