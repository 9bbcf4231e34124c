CREATE OR REPLACE FUNCTION private.lock_for_erasure (
  person_ids uuid[],
  waits      boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  rows_to_lock constant text[] := array[
    -- Supabase Auth, which deletes a user, holds it before it erases.
    'select from auth.users u where u.id = any ($1) order by u.id for update',
    -- Locks out the dispatcher too, which holds its recipients' keys while it writes,
    -- and whoever inserts a row that names the person.
    'select from public.profiles p where p.id = any ($1) order by p.id for update',
    'select from public.chapter_memberships m where m.user_id = any ($1) order by m.id for update',
    'select from public.coordinator_assignments a where a.mentor_id = any ($1) or a.coordinator_id = any ($1) order by a.id for update',
    'select from public.certifications c where c.mentor_id = any ($1) order by c.id for update'];
  rows_below constant text[] := array[
    -- The people, and whose entries in the roster name them.
    'select from private.person_locks l where l.person_id = any ($1) or l.person_id in ('
      || 'select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = any ($1) and a.ended_at is null)'
      || ' order by l.person_id for no key update',
    'select from public.pause_records r where r.mentor_id = any ($1) order by r.id for update',
    'select from public.planned_pauses q where q.mentor_id = any ($1) order by q.id for update',
    'select from public.leave_requests l where l.mentor_id = any ($1) order by l.id for update',
    'select from public.notification_inbox i where i.recipient_id = any ($1) or i.mentor_id = any ($1) or i.id = any ('
      || 'private.messages_naming($1)) order by i.id for update'];
  nowait constant text := case when lock_for_erasure.waits then '' else ' nowait' end;
  lockable text;
begin
  -- Two erasures may touch rows of each other, so there is one at a time.
  if not private.try_or_wait(hashtextextended('mentorpause.erase_person', 0), lock_for_erasure.waits) then
    raise lock_not_available;
  end if;
  foreach lockable in array rows_to_lock loop
    execute lockable || nowait using lock_for_erasure.person_ids;
  end loop;
  perform private.lock_coordinators(lock_for_erasure.person_ids, false, lock_for_erasure.waits);
  if exists (
    select from (select distinct private.mentor_lock(i) as key from unnest(lock_for_erasure.person_ids) i order by 1) k
    where not private.try_or_wait(k.key, lock_for_erasure.waits)
  ) then
    raise lock_not_available;
  end if;
  foreach lockable in array rows_below loop
    execute lockable || nowait using lock_for_erasure.person_ids;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."lock_for_erasure"(uuid[], boolean) IS 'Takes every lock that erasing these people needs, until the transaction ends. Without waits, raises lock_not_available (SQLSTATE 55P03) when somebody holds one.';

REVOKE ALL ON FUNCTION "private"."lock_for_erasure"(uuid[], boolean) FROM PUBLIC;
