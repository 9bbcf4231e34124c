CREATE OR REPLACE FUNCTION private.nightly_preview (
  as_of    date,
  is_full  boolean,
  phase    text,
  after_id uuid,
  batch    integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  start public.nightly_runs := private.nightly_plan(nightly_preview.as_of, nightly_preview.is_full);
  run public.nightly_runs := start;
begin
  if start.outcome = 'skipped' then
    return private.nightly_answer(start, 'skipped');
  end if;
  if nightly_preview.phase is not null then
    if nightly_preview.phase not in ('reconcile', 'mentors', 'requeue', 'digest', 'tidy', 'held') then
      perform private.refuse('invalid_request', 'phase', 'phase must be one of reconcile, mentors, requeue, digest, tidy, held.');
    end if;
    run.phase := nightly_preview.phase;
    run.after_id := nightly_preview.after_id;
  end if;
  run := private.preview_chunk(start, run, private.nightly_batch(nightly_preview.batch));
  run.id := null;
  run.held := 0;
  run.reconcile_ms := 0;
  return private.nightly_answer(run, case when run.phase = 'done' then 'completed' end);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) IS 'Behind public.nightly_preview. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) FROM PUBLIC;
