CREATE OR REPLACE FUNCTION private.judge_pause (
  today                date,
  expected_return_date date,
  pause_reason         text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  reason text := private.judged_reason(judge_pause.pause_reason);
begin
  if judge_pause.expected_return_date <= judge_pause.today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if judge_pause.expected_return_date > judge_pause.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
  return reason;
end
$function$;

COMMENT ON FUNCTION "private"."judge_pause"(date, date, text) IS 'The reason of a pause that begins on this day, trimmed; refuses with invalid_request a pause that can''t be begun.';

REVOKE ALL ON FUNCTION "private"."judge_pause"(date, date, text) FROM PUBLIC;
