CREATE OR REPLACE FUNCTION private.begin_pause (
  mentor_id            uuid,
  pause_reason         text,
  expected_return_date date,
  coordinator_id       uuid,
  moment               timestamp with time zone,
  today                date
)
  RETURNS public.pause_records
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  begun public.pause_records;
begin
  insert into public.pause_records
    (mentor_id, status, pause_reason, expected_return_date, open_since, paused_at, coordinator_id, effective_on, created_at,
      updated_at, version, first_version)
  select begin_pause.mentor_id, 'paused', begin_pause.pause_reason, begin_pause.expected_return_date,
    case when begin_pause.expected_return_date is null then begin_pause.today end, v.moment, begin_pause.coordinator_id,
    begin_pause.today, v.moment, v.moment, v.first, v.first
  from (
    -- Not before the end of what was brought up to date just now.
    select 1 + coalesce(max(l.version), 0), greatest(begin_pause.moment, max(l.reactivated_at))
    from (
      select r.version, r.reactivated_at from public.pause_records r
      where r.mentor_id = begin_pause.mentor_id
      order by r.version desc
      limit 1
    ) l
  ) v (first, moment)
  returning * into begun;
  return begun;
end
$function$;

COMMENT ON FUNCTION "private"."begin_pause"(uuid, text, date, uuid, timestamp with time zone, date) IS 'Writes the record of a pause that begins at a moment of this day, as the mentor''s next version, and returns it. The caller holds the mentor''s lock, has said who acts, and knows that nothing is live.';

REVOKE ALL ON FUNCTION "private"."begin_pause"(uuid, text, date, uuid, timestamp WITH time zone, date) FROM PUBLIC;
