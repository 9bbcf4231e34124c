CREATE OR REPLACE FUNCTION public.save_certification_kind (
  code                  text    DEFAULT NULL::text,
  name_nb               text    DEFAULT NULL::text,
  name_nn               text    DEFAULT NULL::text,
  name_en               text    DEFAULT NULL::text,
  months_valid          integer DEFAULT NULL::integer,
  is_required           boolean DEFAULT NULL::boolean,
  replaced_by           text    DEFAULT NULL::text,
  due_after_months_away integer DEFAULT NULL::integer,
  request_id            uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.save_certification_kind(save_certification_kind.code, save_certification_kind.name_nb, save_certification_kind.name_nn, save_certification_kind.name_en, save_certification_kind.months_valid, save_certification_kind.is_required, save_certification_kind.replaced_by, save_certification_kind.due_after_months_away, save_certification_kind.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) IS 'Makes a kind of certification, or changes what is not null of it; 0 and an empty text take away what was saved. For organisation administrators. Refuses with invalid_request, not_an_administrator, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) FROM PUBLIC, "anon", "service_role";
