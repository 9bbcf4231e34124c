CREATE OR REPLACE FUNCTION private.judged_period (
  from_date date,
  to_date   date
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if judged_period.from_date is null or not isfinite(judged_period.from_date) or judged_period.from_date < '1900-01-01' then
    perform private.refuse('invalid_request', 'from_date', 'from_date must be a date from 1900-01-01 on.');
  end if;
  if judged_period.to_date is null or not isfinite(judged_period.to_date) or judged_period.to_date < judged_period.from_date
     or judged_period.to_date > private.date_of(clock_timestamp()) then
    perform private.refuse('invalid_request', 'to_date', 'to_date must be a date from from_date until today.');
  end if;
  if judged_period.to_date >= judged_period.from_date + interval '5 years' then
    perform private.refuse('invalid_request', 'to_date', 'A period has at most five years.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."judged_period"(date, date) IS 'Refuses a period that has not ended by today, ends before it begins, or has more than five years, with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_period"(date, date) FROM PUBLIC;
