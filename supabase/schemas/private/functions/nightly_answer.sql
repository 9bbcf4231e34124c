CREATE OR REPLACE FUNCTION private.nightly_answer (
  run     public.nightly_runs,
  outcome text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return jsonb_build_object(
    'run_id', (nightly_answer.run).id,
    'as_of', (nightly_answer.run).as_of,
    'outcome', nightly_answer.outcome,
    'is_full', (nightly_answer.run).is_full,
    'last_completed', (nightly_answer.run).since,
    'missed_nights', (nightly_answer.run).missed_nights,
    'fencing_token', (nightly_answer.run).fencing_token,
    'phase', (nightly_answer.run).phase,
    'after_id', (nightly_answer.run).after_id,
    'held', (nightly_answer.run).held,
    'expired', (nightly_answer.run).expired,
    'restored', (nightly_answer.run).restored,
    'begun', (nightly_answer.run).begun,
    'reminders', (nightly_answer.run).reminders,
    'discrepancies', (nightly_answer.run).discrepancies,
    'ended', (nightly_answer.run).ended,
    'requeued', (nightly_answer.run).requeued,
    'reconciled', (nightly_answer.run).reconciled,
    'roster_repaired', (nightly_answer.run).roster_repaired,
    'counts_repaired', (nightly_answer.run).counts_repaired,
    'reconcile_ms', (nightly_answer.run).reconcile_ms);
end
$function$;

COMMENT ON FUNCTION "private"."nightly_answer"(public.nightly_runs, text) IS 'A run in the form that the scheduled function reads.';

REVOKE ALL ON FUNCTION "private"."nightly_answer"(public.nightly_runs, text) FROM PUBLIC;
