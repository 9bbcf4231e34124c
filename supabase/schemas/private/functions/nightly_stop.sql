CREATE OR REPLACE FUNCTION private.nightly_stop (
  run_id        bigint,
  fencing_token bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  run public.nightly_runs;
begin
  perform private.nightly_required(nightly_stop.run_id, nightly_stop.fencing_token);
  update public.nightly_runs r
  set outcome = 'partial', finished_at = clock_timestamp()
  where r.id = nightly_stop.run_id and r.fencing_token = nightly_stop.fencing_token and r.outcome is null
  returning * into run;
  if not found then
    select * into run from public.nightly_runs r where r.id = nightly_stop.run_id;
  end if;
  return private.nightly_answer(run, run.outcome);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_stop"(bigint, bigint) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_stop"(bigint, bigint) IS 'Behind public.nightly_stop. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_stop"(bigint, bigint) FROM PUBLIC;
