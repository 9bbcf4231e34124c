CREATE OR REPLACE FUNCTION private.refuse (
  code    text,
  details text DEFAULT NULL::text,
  message text DEFAULT NULL::text,
  hint    text DEFAULT NULL::text
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  refusal record;
begin
  select r.status, r.message into strict refusal
  from private.refusals() r where r.code = refuse.code;

  -- PostgREST turns this SQLSTATE with JSON in message and detail into the
  -- response's body and status, so that supabase.rpc and the functions answer alike.
  raise sqlstate 'PGRST' using
    message = json_build_object(
      'code', refuse.code,
      'message', coalesce(refuse.message, refusal.message),
      'details', refuse.details,
      'hint', refuse.hint)::text,
    detail = json_build_object(
      'status', refusal.status,
      'headers', json_build_object('sb-error-code', refuse.code))::text;
end
$function$;

COMMENT ON FUNCTION "private"."refuse"(text, text, text, text) IS 'Raises SQLSTATE PGRST with the code''s status and sentence. Always raises.';

REVOKE ALL ON FUNCTION "private"."refuse"(text, text, text, text) FROM PUBLIC;
