CREATE OR REPLACE FUNCTION private.beginning_of (
  day    date,
  moment timestamp with time zone
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  begins_at timestamptz := private.day_start(beginning_of.day);
begin
  -- Only a night that is played ahead of its time begins or ends anything in the future.
  return case when beginning_of.day > private.today() then begins_at else least(begins_at, beginning_of.moment) end;
end
$function$;

COMMENT ON FUNCTION "private"."beginning_of"(date, timestamp with time zone) IS 'The first moment of a day; of one that is not ahead, not after the moment given.';

REVOKE ALL ON FUNCTION "private"."beginning_of"(date, timestamp WITH time zone) FROM PUBLIC;
