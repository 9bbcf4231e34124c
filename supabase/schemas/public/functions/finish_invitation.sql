CREATE OR REPLACE FUNCTION public.finish_invitation (
  person_id  uuid DEFAULT NULL::uuid,
  email      text DEFAULT NULL::text,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.finish_invitation(finish_invitation.person_id, finish_invitation.email, finish_invitation.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."finish_invitation"(uuid, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."finish_invitation"(uuid, text, uuid) IS 'Records an invitation that Supabase Auth has sent, with the arguments of begin_invitation: the address in contacts, and a row of people_log. Refuses as that does, and with request_in_progress when no invitation to this address was sent.';

REVOKE ALL ON FUNCTION "public"."finish_invitation"(uuid, text, uuid) FROM PUBLIC, "anon", "service_role";
