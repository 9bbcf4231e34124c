CREATE OR REPLACE FUNCTION private.tonights_sweep (
  batch integer
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  next_ids uuid[] := private.nightly_candidates(null, null, true,
    (select s.swept_to from private.nightly_state s), tonights_sweep.batch);
begin
  if cardinality(next_ids) < tonights_sweep.batch then
    next_ids := next_ids || array(
      select w from unnest(private.nightly_candidates(null, null, true,
        '00000000-0000-0000-0000-000000000000', tonights_sweep.batch - cardinality(next_ids))) w
      where w <> all (next_ids));
  end if;
  return next_ids;
end
$function$;

COMMENT ON FUNCTION "private"."tonights_sweep"(integer) IS 'The mentors that a run that is not full looks at without a particular reason: all in a small organisation; in a large one those that follow last night''s.';

REVOKE ALL ON FUNCTION "private"."tonights_sweep"(integer) FROM PUBLIC;
