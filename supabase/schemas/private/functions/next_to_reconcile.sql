CREATE OR REPLACE FUNCTION private.next_to_reconcile (
  reconcile_from uuid,
  after_id       uuid,
  batch          integer,
  OUT            ids uuid[],
  OUT            next_id uuid,
  OUT            is_end boolean,
  OUT            is_all boolean
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  nobody constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  goes_round boolean := coalesce(next_to_reconcile.after_id < next_to_reconcile.reconcile_from, false);
begin
  ids := private.mentors_to_reconcile(coalesce(next_to_reconcile.after_id, next_to_reconcile.reconcile_from), next_to_reconcile.batch);
  is_end := cardinality(ids) < next_to_reconcile.batch;
  if goes_round then
    is_all := is_end or ids[cardinality(ids)] >= next_to_reconcile.reconcile_from;
    ids := array(select i from unnest(ids) i where i <= next_to_reconcile.reconcile_from);
    is_end := false;
  else
    is_all := is_end and next_to_reconcile.reconcile_from = nobody;
  end if;
  next_id := case
    when is_end then nobody
    else coalesce(ids[cardinality(ids)], next_to_reconcile.after_id, next_to_reconcile.reconcile_from)
  end;
end
$function$;

COMMENT ON FUNCTION "private"."next_to_reconcile"(uuid, uuid, integer) IS 'Who is reconciled next by a run that began after reconcile_from and has come to after_id, and where it then is; is_end: at the end of a round, from where it goes on at the beginning; is_all: back where it began.';

REVOKE ALL ON FUNCTION "private"."next_to_reconcile"(uuid, uuid, integer) FROM PUBLIC;
