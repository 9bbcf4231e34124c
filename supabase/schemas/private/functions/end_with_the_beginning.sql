CREATE OR REPLACE FUNCTION private.end_with_the_beginning()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  new.ended_at := new.started_at;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."end_with_the_beginning"() IS 'Trigger: what began since the transaction did, and is ended as of the transaction''s time, ends when it began.';

REVOKE ALL ON FUNCTION "private"."end_with_the_beginning"() FROM PUBLIC;
