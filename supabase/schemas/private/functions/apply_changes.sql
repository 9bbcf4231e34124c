CREATE OR REPLACE FUNCTION private.apply_changes (
  mentor_ids uuid[],
  since      date,
  as_of      date,
  actor_kind text,
  OUT        expired integer,
  OUT        restored integer
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
declare
  changes private.status_change[] := array(
    select c from private.due_changes(apply_changes.mentor_ids, apply_changes.since, apply_changes.as_of) c);
  most integer;
  changing uuid[];
  away uuid[];
  prefix text := private.id_prefix();
  changed_at timestamptz;
begin
  select count(*) filter (where c.expired), count(*) filter (where not c.expired), max(c.ordinal), array_agg(c.mentor_id)
  into apply_changes.expired, apply_changes.restored, most, changing
  from unnest(changes) c;
  if changes = '{}' then
    return;
  end if;

  perform private.act_as(apply_changes.actor_kind);
  for n in 1 .. most loop
    away := array(
      select r.mentor_id from public.pause_records r
      where r.mentor_id = any (changing) and r.status in ('paused', 'expired_cert'));
    if away <> '{}' then
      update public.pause_records r
      set status = case when c.expired then 'expired_cert' when r.paused_at is null then 'active' else 'paused' end,
        -- A renewal that was dated before the expiry was noticed can't take effect before it.
        effective_on = case when c.expired then c.effective_on else greatest(c.effective_on, r.effective_on) end
      from unnest(changes) c
      where c.ordinal = n
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert')
        and (r.status = 'expired_cert') <> c.expired;
    end if;

    -- After what the round before has closed.
    changed_at := clock_timestamp();
    insert into public.pause_records
      (id, mentor_id, status, paused_at, effective_on, created_at, updated_at, version, first_version)
    select (prefix || to_hex(16777216 + (n - 1) * cardinality(changes) + row_number() over (order by c.mentor_id)))::uuid,
      c.mentor_id, 'expired_cert', null, c.effective_on, changed_at, changed_at, c.version, c.version
    from unnest(changes) c
    where c.ordinal = n
      and c.expired
      and c.mentor_id <> all (away)
    order by c.mentor_id;
  end loop;
  perform private.act_as(null);
end
$function$;

COMMENT ON FUNCTION "private"."apply_changes"(uuid[], date, date, text) IS 'Brings the stored status of these mentors in line with the facts, as this kind of actor, and returns how many changes to and from expired_cert. The caller holds the mentors'' locks.';

REVOKE ALL ON FUNCTION "private"."apply_changes"(uuid[], date, date, text) FROM PUBLIC;
