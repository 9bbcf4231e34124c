CREATE OR REPLACE FUNCTION private.several_recipients (
  notification_ids uuid[],
  as_of            date
)
  RETURNS TABLE (
    notification_id uuid,
    mentor_id       uuid,
    recipient_id    uuid,
    recipient_role  text,
    chosen_because  text,
    inbox_only      boolean
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  asked record;
begin
  if several_recipients.notification_ids = '{}' then
    return;
  end if;
  select array_agg(f.notification_id) as ids, array_agg(f.mentor_id) as mentor_ids, array_agg('coordinator'::text) as audiences,
    array_agg(f.starts_on is null) as with_others
  into asked
  from private.several_facts(several_recipients.notification_ids, several_recipients.as_of) f;
  return query
    select asked.ids[r.nth], asked.mentor_ids[r.nth], r.recipient_id, r.recipient_role, r.chosen_because, r.inbox_only
    from private.recipients_for(asked.mentor_ids, asked.audiences, asked.with_others) r;
end
$function$;

COMMENT ON FUNCTION "private"."several_recipients"(uuid[], date) IS 'Who is told at present of which mentors of these notifications about several, as private.recipients_for says, of what still holds on the date. Definer, because only the dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."several_recipients"(uuid[], date) FROM PUBLIC;
