CREATE OR REPLACE FUNCTION private.status_of (
  mentor_id uuid,
  as_of     date
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  AS $function$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  certified_until date;
  mentor_since date;
begin
  -- A day counts as it ended.
  select case when t.is_return then t.from_on else '-infinity' end into mentor_since
  from private.mentor_times t
  where t.mentor_id = status_of.mentor_id and t.from_on <= status_of.as_of and t.until_on > status_of.as_of;
  if not found then
    return 'not_a_mentor';
  end if;
  select f.certified_until into certified_until
  from private.certification_facts(array[status_of.mentor_id], status_of.as_of) f;
  if certified_until < status_of.as_of then
    return 'expired_cert';
  end if;
  -- Paused from the day of the pause, active from that of the return; whoever left every
  -- chapter meanwhile is paused no more. A plan is a pause from its first day on.
  if exists (
    select from public.planned_pauses q
    where q.mentor_id = status_of.mentor_id and q.starts_on <= status_of.as_of
      and private.date_of(q.created_at) >= mentor_since
  ) or exists (
    select from public.pause_records r
    where r.mentor_id = status_of.mentor_id
      and (r.reactivated_at is null or (r.reactivated_at at time zone zone)::date > status_of.as_of)
      and (r.paused_at at time zone zone)::date <= status_of.as_of
      and (r.paused_at at time zone zone)::date >= mentor_since
  ) then
    return 'paused';
  end if;
  return 'active';
end
$function$;

COMMENT ON FUNCTION "private"."status_of"(uuid, date) IS 'The status that follows from the facts at the end of that day: active, paused, expired_cert or not_a_mentor. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."status_of"(uuid, date) FROM PUBLIC;
