CREATE OR REPLACE FUNCTION private.lock_live_record (
  mentor_id uuid
)
  RETURNS public.pause_records
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  live public.pause_records;
begin
  perform pg_advisory_xact_lock(private.mentor_lock(lock_live_record.mentor_id));
  -- A refresh of the read model takes this lock.
  perform from public.profiles p where p.id = lock_live_record.mentor_id for no key update;
  select * into live from public.pause_records r
  where r.mentor_id = lock_live_record.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$function$;

COMMENT ON FUNCTION "private"."lock_live_record"(uuid) IS 'Locks the mentor until the transaction ends and returns the live record, or a row of nulls.';

REVOKE ALL ON FUNCTION "private"."lock_live_record"(uuid) FROM PUBLIC;
