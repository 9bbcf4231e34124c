CREATE OR REPLACE FUNCTION private.judged_day (
  field       text,
  day         date,
  is_required boolean DEFAULT true
)
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if judged_day.day is null and judged_day.is_required then
    perform private.refuse('invalid_request', judged_day.field, judged_day.field || ' is required.');
  end if;
  if judged_day.day not between '1900-01-01' and '9999-12-31' then
    perform private.refuse('invalid_request', judged_day.field, judged_day.field || ' must be a date from 1900 to 9999.');
  end if;
  -- It may be stored as the moment at which it begins, or the day after it: east of Oslo
  -- the first day began too early for the tables, and in the west the last one ends too late.
  if private.midnight(judged_day.day) < timestamptz '1899-12-31 23:00+00' or private.midnight(judged_day.day + 1) >= timestamptz '10000-01-01 00:00+00' then
    perform private.refuse('invalid_request', judged_day.field,
      format('%s must be a date after 1900-01-01 and before 9999-12-31.', judged_day.field));
  end if;
  return judged_day.day;
end
$function$;

COMMENT ON FUNCTION "private"."judged_day"(text, date, boolean) IS 'The day; refuses with invalid_request one that can''t be stored.';

REVOKE ALL ON FUNCTION "private"."judged_day"(text, date, boolean) FROM PUBLIC;
