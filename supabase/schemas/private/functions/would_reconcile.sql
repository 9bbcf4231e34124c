CREATE OR REPLACE FUNCTION private.would_reconcile (
  mentor_ids uuid[],
  OUT        discrepancies integer,
  OUT        roster_repaired integer,
  OUT        counts_repaired integer,
  OUT        suspects uuid[]
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  suspects := array(
    select d.mentor_id from private.find_log_discrepancies(would_reconcile.mentor_ids) d
    union
    select r.mentor_id from private.find_roster_differences(would_reconcile.mentor_ids) r
    order by 1);
  discrepancies := (select count(*) from private.find_new_discrepancies(suspects));
  select count(*) filter (where r.kind = 'roster_differs'), count(*) filter (where r.kind = 'counts_differ')
  into roster_repaired, counts_repaired
  from private.find_roster_differences(suspects) r;
end
$function$;

COMMENT ON FUNCTION "private"."would_reconcile"(uuid[]) IS 'What private.reconcile would do, if nobody held a mentor; suspects are those for whom it would do something.';

REVOKE ALL ON FUNCTION "private"."would_reconcile"(uuid[]) FROM PUBLIC;
