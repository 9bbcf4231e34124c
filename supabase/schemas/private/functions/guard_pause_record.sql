CREATE OR REPLACE FUNCTION private.guard_pause_record()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  by_hand boolean := coalesce(current_setting('mentorpause.actor_kind', true), '') = '';
begin
  if by_hand then
    -- Not an RPC, which would know its mentor and hold the lock. Of a record that is
    -- there, the row is held already, for which somebody with the lock may wait.
    if tg_op = 'INSERT' then
      perform from private.person_locks l where l.person_id = new.mentor_id for no key update;
    else
      perform from private.person_locks l where l.person_id = new.mentor_id for no key update nowait;
    end if;
    if tg_op = 'INSERT' and greatest(new.paused_at, new.reactivated_at) > clock_timestamp()
       or tg_op = 'UPDATE' and (
         new.paused_at is distinct from old.paused_at and new.paused_at > clock_timestamp()
         or new.reactivated_at is distinct from old.reactivated_at and new.reactivated_at > clock_timestamp()) then
      raise exception 'a pause can neither begin nor end in the future'
        using errcode = 'check_violation', constraint = 'pause_records_not_in_the_future',
          table = tg_table_name, schema = tg_table_schema;
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.first_version := 1 + coalesce((select max(r.version) from public.pause_records r where r.mentor_id = new.mentor_id), 0);
    new.version := new.first_version;
    -- The columns' defaults are older than the lock.
    if new.created_at >= now() then
      new.created_at := clock_timestamp();
      new.updated_at := new.created_at;
    end if;
    if new.status = 'paused' then
      new.paused_at := coalesce(new.paused_at, clock_timestamp());
    end if;
    if new.expected_return_date is null and new.open_since is null then
      new.open_since := private.date_of(new.paused_at);
    end if;
    -- A record that is inserted as closed is history imported from another system.
    if new.status = 'active' then
      new.reactivated_at := coalesce(new.reactivated_at, clock_timestamp());
    end if;
    return new;
  end if;

  if current_setting('mentorpause.erasing', true) = new.mentor_id::text
     and new.pause_reason is null
     and to_jsonb(new) - 'pause_reason' = to_jsonb(old) - 'pause_reason' then
    return new;
  end if;

  if old.status = 'active' then
    raise exception 'pause record % is closed and can''t be changed', old.id
      using errcode = 'restrict_violation', constraint = 'pause_records_closed_is_final',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  if new.id <> old.id or new.mentor_id <> old.mentor_id or new.created_at <> old.created_at
     or new.first_version is distinct from old.first_version then
    raise exception 'pause record % can''t change its id, mentor, first version or creation', old.id
      using errcode = 'check_violation', constraint = 'pause_records_identity_is_fixed',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  if old.paused_at is not null and new.paused_at is distinct from old.paused_at then
    raise exception 'the pause of record % ends by reactivation, not by taking back its start', old.id
      using errcode = 'check_violation', constraint = 'pause_records_pause_is_kept',
        table = tg_table_name, schema = tg_table_schema;
  end if;

  if new.status = 'active' then
    -- The clock may have been set back.
    new.reactivated_at := coalesce(new.reactivated_at, greatest(clock_timestamp(), new.paused_at));
  end if;
  -- An RPC has checked already, and refuses with a code of its own.
  if by_hand and new.status = 'active' and private.has_lapsed(new.mentor_id, private.date_of(clock_timestamp())) then
    raise exception 'the mentor of pause record % has an expired certification', old.id
      using errcode = 'check_violation', constraint = 'pause_records_certification_is_valid',
        table = tg_table_name, schema = tg_table_schema, hint = 'Register the renewal first.';
  end if;
  if by_hand and new.effective_on is not distinct from old.effective_on then
    new.effective_on := private.date_of(clock_timestamp());
  end if;
  if new.status <> 'active' then
    new.open_since := case
      when new.paused_at is null or new.expected_return_date is not null then null
      when old.paused_at is not null and old.expected_return_date is null then old.open_since
      else coalesce(new.effective_on, private.date_of(clock_timestamp())) end;
  end if;
  new.version := old.version + 1;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."guard_pause_record"() IS 'Trigger: lets through only the transitions of a live record, counts the mentor''s versions, leaves closed records unchanged (SQLSTATE 23001, 23514).';

REVOKE ALL ON FUNCTION "private"."guard_pause_record"() FROM PUBLIC;
