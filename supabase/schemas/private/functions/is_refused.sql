CREATE OR REPLACE FUNCTION private.is_refused (
  person_id uuid,
  address   text,
  moment    timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from private.refused_addresses f
    where f.person_id = is_refused.person_id and f.address_hash = private.hash_address(is_refused.address)
      and f.refused_at > is_refused.moment - interval '30 days');
end
$function$;

COMMENT ON FUNCTION "private"."is_refused"(uuid, text, timestamp with time zone) IS 'Whether nothing is sent to this address of the person, because a mail server has refused it, as private.claim_notifications judges.';

REVOKE ALL ON FUNCTION "private"."is_refused"(uuid, text, timestamp WITH time zone) FROM PUBLIC;
