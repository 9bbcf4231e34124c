CREATE OR REPLACE FUNCTION private.id_prefix()
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  moment text := lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0');
begin
  return substr(moment, 1, 8) || '-' || substr(moment, 9) || '-7' || substr(gen_random_uuid()::text, 16, 14);
end
$function$;

COMMENT ON FUNCTION "private"."id_prefix"() IS 'What the ids of a statement''s rows begin with: (prefix || to_hex(16777216 + n))::uuid, n counting the rows from 1, is a UUID of version 7: the time and 46 random bits before the counter. Such ids are adjacent in an index, and cost one random number for all. Anyone who knows one of them can guess the others.';

REVOKE ALL ON FUNCTION "private"."id_prefix"() FROM PUBLIC;
