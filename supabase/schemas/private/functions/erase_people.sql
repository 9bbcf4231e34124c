CREATE OR REPLACE FUNCTION private.erase_people (
  person_ids uuid[],
  actor_id   uuid,
  with_login boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET lock_timeout TO '500ms'
  AS $function$
declare
  began timestamptz := clock_timestamp();
  everybody uuid[];
  person uuid;
  waits boolean;
begin
  loop
    waits := clock_timestamp() > began + interval '5 seconds';
    begin
      if waits then
        perform set_config('lock_timeout', '0', true);
      end if;
      everybody := private.with_dropped(erase_people.person_ids);
      perform private.lock_for_erasure(everybody, waits);
      if everybody <> private.with_dropped(erase_people.person_ids) then
        raise lock_not_available; -- two profiles have just been joined
      end if;
      if erase_people.with_login then
        perform private.lock_administrators();
        foreach person in array erase_people.person_ids loop
          perform private.refuse_unless_mine(person, private.require_administrator(erase_people.actor_id), true,
            everybody => private.administers_organisation(erase_people.actor_id));
        end loop;
        perform private.refuse_last_administrator(everybody);
      end if;
      foreach person in array everybody loop
        perform private.erase_locked_person(person, erase_people.actor_id);
      end loop;
      if erase_people.with_login then
        -- With the address, the phone number and the sessions; its trigger finds nothing left.
        delete from auth.users u where u.id = any (erase_people.person_ids);
      end if;
      return;
    exception when lock_not_available or deadlock_detected then
      -- What was locked and changed in this block is as it was.
      if clock_timestamp() > began + interval '1 minute' then
        raise;
      end if;
      perform pg_sleep(0.002 + random() * 0.02);
    end;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."erase_people"(uuid[], uuid, boolean) IS 'Pseudonymises people in one transaction and logs it. with_login: for the signed-in administrator, whose rights are judged under the locks, and the logins go too. Definer, for the trigger on auth.users.';

REVOKE ALL ON FUNCTION "private"."erase_people"(uuid[], uuid, boolean) FROM PUBLIC;
