CREATE OR REPLACE FUNCTION private.bring_up_to_date (
  mentor_id uuid,
  live      public.pause_records,
  as_of     date
)
  RETURNS public.pause_records
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  facts record;
  expired boolean;
begin
  if live.status is distinct from 'expired_cert'
     and not private.has_lapsed(bring_up_to_date.mentor_id, bring_up_to_date.as_of) then
    return live;
  end if;

  select f.certified_until, f.certified_since into facts
  from private.certification_facts(array[bring_up_to_date.mentor_id], bring_up_to_date.as_of) f;
  expired := coalesce(facts.certified_until < bring_up_to_date.as_of, false);

  perform private.act_as('system');
  if expired and live.id is null then
    insert into public.pause_records (mentor_id, status, paused_at, effective_on, created_at, updated_at)
    values (bring_up_to_date.mentor_id, 'expired_cert', null, facts.certified_until + 1, clock_timestamp(), clock_timestamp())
    returning * into live;
  elsif expired and live.status = 'paused' then
    update public.pause_records r
    set status = 'expired_cert', effective_on = facts.certified_until + 1
    where r.id = live.id
    returning * into live;
  elsif not expired and live.status = 'expired_cert' then
    -- A renewal that was dated before the expiry was noticed can't take effect before it.
    update public.pause_records r
    set status = case when r.paused_at is null then 'active' else 'paused' end,
      effective_on = greatest(facts.certified_since, r.effective_on)
    where r.id = live.id
    returning * into live;
  end if;
  perform private.act_as(null);
  return live;
end
$function$;

COMMENT ON FUNCTION "private"."bring_up_to_date"(uuid, public.pause_records, date) IS 'Brings a locked mentor''s stored status in line with the facts on a date, as actor system; returns the record as it is then (status active: it has been closed).';

REVOKE ALL ON FUNCTION "private"."bring_up_to_date"(uuid, public.pause_records, date) FROM PUBLIC;
