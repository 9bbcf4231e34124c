CREATE OR REPLACE FUNCTION private.judge_leave (
  kind                 text,
  starts_on            date,
  expected_return_date date,
  today                date
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if judge_leave.kind is null or judge_leave.kind not in ('pause', 'change_return', 'return') then
    perform private.refuse('invalid_request', 'kind', 'kind must be pause, change_return or return.');
  end if;
  if judge_leave.starts_on is not null and judge_leave.kind <> 'pause' then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on belongs to a pause.');
  end if;
  if judge_leave.expected_return_date is not null and judge_leave.kind = 'return' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date belongs to a pause and to change_return.');
  end if;
  if judge_leave.starts_on is not null then
    perform private.judge_plan(judge_leave.today, judge_leave.starts_on, judge_leave.expected_return_date, null, false);
  elsif judge_leave.expected_return_date <= judge_leave.today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  elsif judge_leave.expected_return_date > judge_leave.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."judge_leave"(text, date, date, date) IS 'Refuses with invalid_request what can''t be asked for on this day, whoever asks.';

REVOKE ALL ON FUNCTION "private"."judge_leave"(text, date, date, date) FROM PUBLIC;
