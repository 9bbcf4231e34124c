CREATE OR REPLACE FUNCTION private.tonights_reconciliation (
  batch integer
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  next_ids uuid[] := private.mentors_to_reconcile(
    (select s.reconciled_to from private.nightly_state s), tonights_reconciliation.batch);
begin
  if cardinality(next_ids) < tonights_reconciliation.batch then
    -- At the end it starts again.
    next_ids := next_ids || array(
      select w from unnest(private.mentors_to_reconcile(
        '00000000-0000-0000-0000-000000000000', tonights_reconciliation.batch - cardinality(next_ids))) w
      where w <> all (next_ids));
  end if;
  return next_ids;
end
$function$;

COMMENT ON FUNCTION "private"."tonights_reconciliation"(integer) IS 'The mentors whose logs a run that is not full compares: all in a small organisation; in a large one those that follow last night''s.';

REVOKE ALL ON FUNCTION "private"."tonights_reconciliation"(integer) FROM PUBLIC;
