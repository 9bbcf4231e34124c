CREATE OR REPLACE FUNCTION private.lock_for_erasure (
  person_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  patient_until timestamptz := clock_timestamp() + interval '1 minute';
  is_patient boolean;
  rows_to_lock constant text[] := array[
    -- Locks out the dispatcher too, which holds its recipients' keys while it writes,
    -- and whoever inserts a row that names the person.
    'select from public.profiles p where p.id = $1 for update',
    'select from public.chapter_memberships m where m.user_id = $1 order by m.id for update',
    'select from public.coordinator_assignments a where $1 in (a.mentor_id, a.coordinator_id) order by a.id for update',
    'select from public.certifications c where c.mentor_id = $1 order by c.id for update',
    -- The person, and whose entries in the roster name the person.
    'select from private.person_locks l where l.person_id in (select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = $1 and a.ended_at is null'
      || ' union all select $1) order by l.person_id for no key update',
    'select from public.pause_records r where r.mentor_id = $1 order by r.id for update',
    'select from public.notification_inbox i where $1 in (i.recipient_id, i.mentor_id) order by i.id for update'];
  lockable text;
begin
  loop
    is_patient := clock_timestamp() < patient_until;
    begin
      if is_patient then
        -- Two erasures may touch rows of each other, so there is one at a time.
        if not (pg_try_advisory_xact_lock(hashtextextended('mentorpause.erase_person', 0))
            and pg_try_advisory_xact_lock(private.mentor_lock(lock_for_erasure.person_id))) then
          raise lock_not_available;
        end if;
      else
        perform pg_advisory_xact_lock(hashtextextended('mentorpause.erase_person', 0));
        perform pg_advisory_xact_lock(private.mentor_lock(lock_for_erasure.person_id));
      end if;
      foreach lockable in array rows_to_lock loop
        execute lockable || case when is_patient then ' nowait' else '' end using lock_for_erasure.person_id;
      end loop;
      return;
    exception when lock_not_available then
      -- What was locked in this block is free again.
      perform pg_sleep(0.002 + random() * 0.02);
    end;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."lock_for_erasure"(uuid) IS 'Takes every lock that erasing this person needs, until the transaction ends, without ever waiting for one while it holds another.';

REVOKE ALL ON FUNCTION "private"."lock_for_erasure"(uuid) FROM PUBLIC;
