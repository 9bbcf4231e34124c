CREATE OR REPLACE FUNCTION private.judged_reason (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  reason text := private.trimmed(judged_reason.value);
begin
  if reason is null or char_length(reason) not between 1 and 500 then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if not private.is_visible(reason) then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have a character that can be seen.');
  end if;
  if private.contains_identity_number(reason) then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must not contain a national identity number.');
  end if;
  return reason;
end
$function$;

COMMENT ON FUNCTION "private"."judged_reason"(text) IS 'The reason of a pause, trimmed; refuses with invalid_request one that can''t be stored, without echoing it.';

REVOKE ALL ON FUNCTION "private"."judged_reason"(text) FROM PUBLIC;
