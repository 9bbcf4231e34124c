CREATE OR REPLACE FUNCTION private.judge_plan (
  today                date,
  starts_on            date,
  expected_return_date date,
  pause_reason         text,
  has_reason           boolean DEFAULT true
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  reason text;
begin
  if judge_plan.has_reason then
    reason := private.judged_reason(judge_plan.pause_reason);
  end if;
  if judge_plan.starts_on is null or judge_plan.starts_on <= judge_plan.today then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on must be after today.');
  end if;
  if judge_plan.starts_on > judge_plan.today + interval '1 year' then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on must be at most a year ahead.');
  end if;
  if judge_plan.expected_return_date <= judge_plan.starts_on then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after starts_on.');
  end if;
  if judge_plan.expected_return_date > judge_plan.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
  return reason;
end
$function$;

COMMENT ON FUNCTION "private"."judge_plan"(date, date, date, text, boolean) IS 'The reason of a plan, trimmed, if it is given one; refuses with invalid_request a plan that can''t be made on this day.';

REVOKE ALL ON FUNCTION "private"."judge_plan"(date, date, date, text, boolean) FROM PUBLIC;
