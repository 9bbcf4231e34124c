CREATE OR REPLACE FUNCTION private.is_visible (
  value text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  STRICT
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return is_visible.value collate "C" ~ ('[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f'
    || '\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]');
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."is_visible"(text) TO "service_role";

COMMENT ON FUNCTION "private"."is_visible"(text) IS 'Whether a text has at least one character that can be seen.';

REVOKE ALL ON FUNCTION "private"."is_visible"(text) FROM PUBLIC;
