CREATE OR REPLACE FUNCTION private.without_bidi_controls (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return translate(without_bidi_controls.value,
    E'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069', '');
end
$function$;

COMMENT ON FUNCTION "private"."without_bidi_controls"(text) IS 'The text without what Unicode calls Bidi_Control. Letters have their direction by themselves: Hebrew and Arabic names need none of these.';

REVOKE ALL ON FUNCTION "private"."without_bidi_controls"(text) FROM PUBLIC;
