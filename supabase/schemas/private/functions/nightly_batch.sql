CREATE OR REPLACE FUNCTION private.nightly_batch (
  batch integer
)
  RETURNS integer
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if nightly_batch.batch < 1 then
    perform private.refuse('invalid_request', 'batch', 'batch must be at least 1.');
  end if;
  return coalesce(nightly_batch.batch, 2000);
end
$function$;

COMMENT ON FUNCTION "private"."nightly_batch"(integer) IS 'How many mentors a chunk looks at: as asked for, by default 2000. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."nightly_batch"(integer) FROM PUBLIC;
