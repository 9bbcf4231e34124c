CREATE OR REPLACE FUNCTION private.lock_many (
  mentor_ids uuid[],
  request_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if lock_many.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(auth.uid()::text || lock_many.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- The server has room for some thousand locks: of the large batches there is one at a time.
  if cardinality(lock_many.mentor_ids) > 100 then
    perform pg_advisory_xact_lock(hashtextextended('mentorpause.pause_mentors', 0));
  end if;
  -- In the order in which everybody takes those of several mentors.
  perform pg_advisory_xact_lock(k.key)
  from (select distinct uuid_hash_extended(i, 20261123) as key from unnest(lock_many.mentor_ids) i order by 1) k;
  perform from private.person_locks l where l.person_id = any (lock_many.mentor_ids) order by l.person_id for no key update;
end
$function$;

COMMENT ON FUNCTION "private"."lock_many"(uuid[], uuid) IS 'Locks the caller''s request, then these mentors, as private.lock_live_record does for one. Refuses with request_in_progress.';

REVOKE ALL ON FUNCTION "private"."lock_many"(uuid[], uuid) FROM PUBLIC;
