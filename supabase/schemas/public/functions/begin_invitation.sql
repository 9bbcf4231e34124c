CREATE OR REPLACE FUNCTION public.begin_invitation (
  person_id  uuid DEFAULT NULL::uuid,
  email      text DEFAULT NULL::text,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.begin_invitation(begin_invitation.person_id, begin_invitation.email, begin_invitation.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."begin_invitation"(uuid, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."begin_invitation"(uuid, text, uuid) IS 'Says what Supabase Auth has to do to invite a person: to_do, with the address and what login there is. For administrators, by the function invite. A request that was carried out before has its answer, invitation; withdrawn says that the person is gone, and so is a login made for them. Refuses with invalid_request, not_an_administrator, not_found, already_exists, in_use, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."begin_invitation"(uuid, text, uuid) FROM PUBLIC, "anon", "service_role";
