CREATE OR REPLACE FUNCTION private.make_digests (
  recipient_ids uuid[],
  as_of         date
)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  monday date := date_trunc('week', make_digests.as_of)::date;
  zone text := (select s.time_zone from private.settings s);
  prefix text := private.id_prefix();
  made integer;
begin
  with wanted as (
    select (prefix || to_hex(16777216 + row_number() over (order by l.recipient_id)))::uuid as id, l.recipient_id
    from (select distinct d.recipient_id from private.digest_lines(make_digests.recipient_ids, make_digests.as_of) d) l
  ), kept as (
    insert into private.weekly_digests (notification_id, recipient_id, week_of)
    select w.id, w.recipient_id, monday from wanted w
    order by w.recipient_id
    on conflict on constraint weekly_digests_once_a_week do nothing
    returning notification_id
  )
  insert into public.notifications (id, mentor_id, audience, kind, reference_on, due_at)
  select k.notification_id, null, 'coordinator', 'weekly_digest', monday, (make_digests.as_of + time '07:00') at time zone zone
  from kept k;
  get diagnostics made = row_count;
  return made;
end
$function$;

COMMENT ON FUNCTION "private"."make_digests"(uuid[], date) IS 'Makes this week''s digest for those of these recipients who have something to be told on the date, once; due from seven in the morning of that day, in the organisation''s zone. Returns how many.';

REVOKE ALL ON FUNCTION "private"."make_digests"(uuid[], date) FROM PUBLIC;
