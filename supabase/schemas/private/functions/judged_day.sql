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
  -- The day after it is stored as a moment, in any zone.
  if judged_day.day not between '1900-01-02' and '9999-12-29' then
    perform private.refuse('invalid_request', judged_day.field, judged_day.field || ' must be a date from 1900 to 9999.');
  end if;
  return judged_day.day;
end
$function$;

COMMENT ON FUNCTION "private"."judged_day"(text, date, boolean) IS 'The day; refuses with invalid_request one that can''t be stored.';

REVOKE ALL ON FUNCTION "private"."judged_day"(text, date, boolean) FROM PUBLIC;
