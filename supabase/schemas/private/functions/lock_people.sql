CREATE OR REPLACE FUNCTION private.lock_people (
  person_ids      uuid[],
  coordinator_ids uuid[]  DEFAULT '{}'::uuid[],
  with_status     boolean DEFAULT true
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  space constant integer := 20261129;
  named uuid[];
  lockable record;
begin
  perform from public.profiles p where p.id = any (lock_people.person_ids) order by p.id for no key update;
  perform from public.chapter_memberships m where m.user_id = any (lock_people.person_ids) order by m.id for no key update;
  perform from public.coordinator_assignments a
  where a.mentor_id = any (lock_people.person_ids) or a.coordinator_id = any (lock_people.person_ids) order by a.id for no key update;
  perform from public.certifications c where c.mentor_id = any (lock_people.person_ids) order by c.id for no key update;

  -- Whoever is a coordinator is changed; the coordinators given are only named.
  for lockable in
    select k.key, bool_or(k.is_changed) as is_changed
    from (
      select uuid_hash(p) & 1023 as key, true as is_changed
      from unnest(lock_people.person_ids) p
      where exists (select from public.coordinator_assignments a where a.coordinator_id = p)
        or exists (select from public.chapter_memberships m where m.user_id = p and m.role = 'coordinator')
      union all
      select uuid_hash(c) & 1023, false from unnest(lock_people.coordinator_ids) c where c is not null
    ) k
    group by k.key
    order by k.key
  loop
    if lockable.is_changed then
      perform pg_advisory_xact_lock(space, lockable.key);
    else
      perform pg_advisory_xact_lock_shared(space, lockable.key);
    end if;
  end loop;

  if lock_people.with_status then
    for lockable in select distinct private.mentor_lock(p) as key from unnest(lock_people.person_ids) p order by 1 loop
      perform pg_advisory_xact_lock(lockable.key);
    end loop;
  end if;
  -- With those whose entries name one of them.
  named := lock_people.person_ids || array(
    select a.mentor_id from public.coordinator_assignments a
    where a.coordinator_id = any (lock_people.person_ids) and a.ended_at is null);
  perform from private.person_locks l where l.person_id = any (named) order by l.person_id for no key update;
end
$function$;

COMMENT ON FUNCTION "private"."lock_people"(uuid[], uuid[], boolean) IS 'Takes every lock that changing these people needs, until the transaction ends, with those that naming these coordinators needs. Without with_status no status may be changed: for more people than there is room for locks.';

REVOKE ALL ON FUNCTION "private"."lock_people"(uuid[], uuid[], boolean) FROM PUBLIC;
