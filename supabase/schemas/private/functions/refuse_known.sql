CREATE OR REPLACE FUNCTION private.refuse_known (
  details text
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.refuse('already_exists', refuse_known.details, 'This person is registered already.');
end
$function$;

COMMENT ON FUNCTION "private"."refuse_known"(text) IS 'Refuses to register somebody twice, with already_exists.';

REVOKE ALL ON FUNCTION "private"."refuse_known"(text) FROM PUBLIC;
