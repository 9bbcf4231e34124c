CREATE OR REPLACE FUNCTION private.failing_emails (
  chapter_ids uuid[]
)
  RETURNS TABLE (
    person_id  uuid,
    attempt_id bigint
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  person uuid := uuid '00000000-0000-0000-0000-000000000000';
  last record;
begin
  loop
    select a.recipient_id into person
    from public.notification_attempts a
    where a.channel = 'email' and a.outcome = 'failed' and a.retry_at is null and a.recipient_id > person
    order by a.recipient_id
    limit 1;
    exit when not found;
    select a.id, a.outcome, a.reason into last
    from public.notification_attempts a
    where a.channel = 'email' and a.retry_at is null and a.recipient_id = person
    order by a.id desc
    limit 1;
    if last.outcome = 'failed' and last.reason not like 'no longer %'
       and private.is_followed_up(person, failing_emails.chapter_ids) then
      failing_emails.person_id := person;
      failing_emails.attempt_id := last.id;
      return next;
    end if;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."failing_emails"(uuid[]) IS 'The people of these chapters (null: of all, and of none) whose last e-mail failed for good, and that attempt. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."failing_emails"(uuid[]) FROM PUBLIC;
