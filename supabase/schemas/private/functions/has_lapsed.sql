CREATE OR REPLACE FUNCTION private.has_lapsed (
  mentor_id uuid,
  as_of     date
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if (select s.kinds_have_rules from private.settings s) then
    return coalesce(private.certified_until(has_lapsed.mentor_id, has_lapsed.as_of) < has_lapsed.as_of, false);
  end if;
  return exists (
    select from public.certifications c
    where c.mentor_id = has_lapsed.mentor_id and c.issued_on <= has_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < has_lapsed.as_of
  );
end
$function$;

COMMENT ON FUNCTION "private"."has_lapsed"(uuid, date) IS 'Whether the mentor''s certification has expired, or one that is required is missing: the same as certified_until < as_of of private.certification_facts(), for one mentor. Where the last certification of a kind that has begun is over, one registered in advance leaves a gap.';

REVOKE ALL ON FUNCTION "private"."has_lapsed"(uuid, date) FROM PUBLIC;
