CREATE OR REPLACE FUNCTION private.nightly_preview (
  as_of    date,
  is_full  boolean,
  phase    text,
  after_id uuid,
  batch    integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  completed_on date := (select max(r.as_of) from public.nightly_runs r where r.outcome = 'completed');
  full_run boolean := nightly_preview.is_full or completed_on is null or nightly_preview.as_of - completed_on > 32;
  done private.nightly_progress;
begin
  if nightly_preview.as_of < completed_on then
    return jsonb_build_object('outcome', 'skipped', 'as_of', nightly_preview.as_of, 'last_completed', completed_on);
  end if;
  done := private.nightly_chunk(null, completed_on, nightly_preview.as_of, full_run,
    nightly_preview.phase, nightly_preview.after_id, nightly_preview.batch);
  return to_jsonb(done) || jsonb_build_object(
    'as_of', nightly_preview.as_of, 'is_full', full_run, 'last_completed', completed_on,
    'missed_nights', greatest(coalesce(nightly_preview.as_of - completed_on - 1, 0), 0),
    'outcome', case when done.phase = 'done' then 'completed' end);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) IS 'Behind public.nightly_preview. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_preview"(date, boolean, text, uuid, integer) FROM PUBLIC;
