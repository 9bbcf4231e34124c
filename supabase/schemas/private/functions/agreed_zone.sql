CREATE OR REPLACE FUNCTION private.agreed_zone (
  zone text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if lower(nullif(current_setting('mentorpause.time_zone', true), '')) <> lower(agreed_zone.zone) then
    raise exception 'ORGANISATION_TIME_ZONE is %, but the database''s time zone is %',
      current_setting('mentorpause.time_zone'), agreed_zone.zone
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Make the functions'' ORGANISATION_TIME_ZONE the same as private.settings.time_zone.';
  end if;
  return agreed_zone.zone;
end
$function$;

COMMENT ON FUNCTION "private"."agreed_zone"(text) IS 'The zone of private.settings, which whoever judges or stores a day by it passes through here. The functions send theirs in the setting mentorpause.time_zone; when it has another name, whatever the case of its letters, it raises SQLSTATE 55000. supabase.rpc sends none.';

REVOKE ALL ON FUNCTION "private"."agreed_zone"(text) FROM PUBLIC;
