CREATE OR REPLACE FUNCTION private.certified_until (
  mentor_id uuid,
  as_of     date
)
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (
    select f.certified_until
    from private.certification_facts(array[certified_until.mentor_id], certified_until.as_of) f);
end
$function$;

COMMENT ON FUNCTION "private"."certified_until"(uuid, date) IS 'One mentor''s part of private.certification_facts().';

REVOKE ALL ON FUNCTION "private"."certified_until"(uuid, date) FROM PUBLIC;
