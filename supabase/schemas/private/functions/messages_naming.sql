CREATE OR REPLACE FUNCTION private.messages_naming (
  person_ids uuid[]
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    select i.id
    from private.attempt_mentors t
    join public.notification_attempts a on a.id = t.attempt_id
    join public.notification_inbox i on i.notification_id = a.notification_id and i.recipient_id = a.recipient_id
    where t.mentor_id = any (messages_naming.person_ids) and t.line is not null and a.channel = 'inbox');
end
$function$;

COMMENT ON FUNCTION "private"."messages_naming"(uuid[]) IS 'The rows of inboxes that are about several mentors and name one of these people.';

REVOKE ALL ON FUNCTION "private"."messages_naming"(uuid[]) FROM PUBLIC;
