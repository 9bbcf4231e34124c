CREATE OR REPLACE FUNCTION private.judged_date (
  field       text,
  value       text,
  is_required boolean DEFAULT true
)
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "DateStyle" TO 'ISO, YMD'
  AS $function$
declare
  written text := private.trimmed(judged_date.value);
  day date;
begin
  if written is not null and written <> '' then
    if written !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
      perform private.refuse('invalid_request', judged_date.field, judged_date.field || ' must be a date, YYYY-MM-DD.');
    end if;
    begin
      day := written::date;
    exception when data_exception then
      perform private.refuse('invalid_request', judged_date.field, judged_date.field || ' must be a date, YYYY-MM-DD.');
    end;
  end if;
  return private.judged_day(judged_date.field, day, judged_date.is_required);
end
$function$;

COMMENT ON FUNCTION "private"."judged_date"(text, text, boolean) IS 'The day that a text says; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_date"(text, text, boolean) FROM PUBLIC;
