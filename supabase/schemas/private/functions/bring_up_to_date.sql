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
begin
  if live.status is distinct from 'expired_cert'
     and not exists (select from public.planned_pauses q where q.mentor_id = bring_up_to_date.mentor_id and q.starts_on <= bring_up_to_date.as_of)
     and not (live.id is not null and private.may_have_left(bring_up_to_date.mentor_id, live.created_at))
     and not private.may_have_lapsed(bring_up_to_date.mentor_id, bring_up_to_date.as_of) then
    return live;
  end if;

  perform private.apply_changes(array[bring_up_to_date.mentor_id], private.last_judged(), bring_up_to_date.as_of, 'system');
  select * into live from public.pause_records r
  where r.mentor_id = bring_up_to_date.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$function$;

COMMENT ON FUNCTION "private"."bring_up_to_date"(uuid, public.pause_records, date) IS 'Brings a locked mentor''s stored status in line with the facts on a date, as actor system, with every change since the last night; returns the live record as it is then, or a row of nulls.';

REVOKE ALL ON FUNCTION "private"."bring_up_to_date"(uuid, public.pause_records, date) FROM PUBLIC;
