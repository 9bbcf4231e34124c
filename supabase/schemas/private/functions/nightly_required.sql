CREATE OR REPLACE FUNCTION private.nightly_required (
  run_id        bigint,
  fencing_token bigint
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if nightly_required.run_id is null then
    perform private.refuse('invalid_request', 'run_id', 'run_id is required.');
  end if;
  if nightly_required.fencing_token is null then
    perform private.refuse('invalid_request', 'fencing_token', 'fencing_token is required.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."nightly_required"(bigint, bigint) IS 'Refuses with invalid_request unless both are given, as private.nightly_begin answered them.';

REVOKE ALL ON FUNCTION "private"."nightly_required"(bigint, bigint) FROM PUBLIC;
