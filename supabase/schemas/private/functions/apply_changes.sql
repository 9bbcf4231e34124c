CREATE OR REPLACE FUNCTION private.apply_changes (
  mentor_ids uuid[],
  since      date,
  as_of      date,
  actor_kind text,
  OUT        expired integer,
  OUT        restored integer,
  OUT        begun integer,
  OUT        held uuid[]
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
  due private.due_plan[] := array(select p from private.due_plans(apply_changes.mentor_ids, apply_changes.as_of) p);
  changes private.status_change[] := array(
    select c from private.due_changes(apply_changes.mentor_ids, apply_changes.since, apply_changes.as_of, due) c);
  most integer;
  plans private.due_plan[] := array(select p from unnest(due) p where not p.begins);
  changing uuid[];
  away uuid[];
  settling uuid[];
  prefix text := private.id_prefix();
  changed_at timestamptz;
begin
  apply_changes.held := '{}'::uuid[];
  settling := array(
    select c.mentor_id from unnest(changes) c where c.has_left or c.planned_pause_id is not null
    union
    select p.mentor_id from unnest(plans) p);
  if settling <> '{}' then
    -- A pause begins or ends, which a refresh of the read model counts. Whoever is at it has
    -- this lock, and is not waited for; an RPC has it already.
    apply_changes.held := array(
      select unnest(settling)
      except
      select l.person_id from (
        select k.person_id from private.person_locks k
        where k.person_id = any (settling) order by k.person_id for no key update skip locked) l);
    if apply_changes.held <> '{}' then
      changes := array(select c from unnest(changes) c where c.mentor_id <> all (apply_changes.held));
      plans := array(select p from unnest(plans) p where p.mentor_id <> all (apply_changes.held));
    end if;
  end if;

  select count(*) filter (where c.expired), count(*) filter (where not c.expired and not c.has_left and c.planned_pause_id is null),
    count(*) filter (where c.planned_pause_id is not null), max(c.ordinal), array_agg(c.mentor_id)
  into apply_changes.expired, apply_changes.restored, apply_changes.begun, most, changing
  from unnest(changes) c;
  if changes = '{}' and plans = '{}' then
    return;
  end if;

  for n in 1 .. coalesce(most, 0) loop
    if exists (select from unnest(changes) c where c.ordinal = n and c.has_left) then
      -- Nobody decided it, and nobody is told that the mentor is back.
      perform private.act_as('system');
      perform set_config('mentorpause.leaving', 'on', true);
      update public.pause_records r
      set status = 'active', effective_on = c.effective_on, certification_kind = null,
        reactivated_at = greatest(r.paused_at, private.beginning_of(c.effective_on, clock_timestamp()))
      from unnest(changes) c
      where c.ordinal = n and c.has_left
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert');
      perform set_config('mentorpause.leaving', '', true);
    end if;

    perform private.act_as(apply_changes.actor_kind);
    away := array(
      select r.mentor_id from public.pause_records r
      where r.mentor_id = any (changing) and r.status in ('paused', 'expired_cert'));
    if away <> '{}' then
      update public.pause_records r
      set status = case when c.expired then 'expired_cert' when r.paused_at is null then 'active' else 'paused' end,
        certification_kind = c.certification_kind,
        -- A renewal that was dated before the expiry was noticed can't take effect before it.
        effective_on = case when c.expired then c.effective_on else greatest(c.effective_on, r.effective_on) end
      from unnest(changes) c
      where c.ordinal = n and not c.has_left and c.planned_pause_id is null
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert')
        and (r.status = 'expired_cert') <> c.expired;
    end if;

    -- After what the round before has closed.
    changed_at := clock_timestamp();
    insert into public.pause_records
      (id, mentor_id, status, paused_at, effective_on, created_at, updated_at, version, first_version, certification_kind)
    select (prefix || to_hex(16777216 + (n - 1) * cardinality(changes) + row_number() over (order by c.mentor_id)))::uuid,
      c.mentor_id, 'expired_cert', null, c.effective_on, changed_at, changed_at, c.version, c.version, c.certification_kind
    from unnest(changes) c
    where c.ordinal = n
      and c.expired
      and c.mentor_id <> all (away)
    order by c.mentor_id;

    if exists (select from unnest(changes) c where c.ordinal = n and c.planned_pause_id is not null) then
      perform private.begin_plans(
        array(select c from unnest(changes) c where c.ordinal = n and c.planned_pause_id is not null), changed_at,
        apply_changes.actor_kind);
    end if;
  end loop;
  perform private.act_as(null);

  if plans <> '{}' then
    with gone as (
      delete from public.planned_pauses q where q.id in (select p.id from unnest(plans) p) returning q.id, q.mentor_id, q.version, q.starts_on
    )
    insert into public.notifications (mentor_id, audience, kind, planned_pause_id, record_version, reference_on)
    select g.mentor_id, a.audience, 'pause_cancelled', g.id, g.version, g.starts_on
    from gone g
    cross join (values ('coordinator'), ('mentor')) a (audience);
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."apply_changes"(uuid[], date, date, text) IS 'Brings the stored status of these mentors in line with the facts, as this kind of actor, and returns how many changes to and from expired_cert, and how many plans became pauses; plans that have ended are removed. The caller holds the mentors'' locks; held are those for whom nothing was done, because somebody is refreshing their entries.';

REVOKE ALL ON FUNCTION "private"."apply_changes"(uuid[], date, date, text) FROM PUBLIC;
