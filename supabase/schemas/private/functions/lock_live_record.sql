CREATE OR REPLACE FUNCTION private.lock_live_record (
  mentor_id  uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS public.pause_records
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  live public.pause_records;
begin
  if lock_live_record.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(auth.uid()::text || lock_live_record.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  perform pg_advisory_xact_lock(private.mentor_lock(lock_live_record.mentor_id));
  -- A refresh of the read model takes this lock too.
  perform from private.person_locks l where l.person_id = lock_live_record.mentor_id for no key update;
  select * into live from public.pause_records r
  where r.mentor_id = lock_live_record.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$function$;

COMMENT ON FUNCTION "private"."lock_live_record"(uuid, uuid) IS 'Locks the caller''s request, then the mentor, until the transaction ends, and returns the live record, or a row of nulls. Refuses with request_in_progress.';

REVOKE ALL ON FUNCTION "private"."lock_live_record"(uuid, uuid) FROM PUBLIC;
