CREATE OR REPLACE FUNCTION private.may_have_lapsed (
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
  return exists (
    select from public.certifications c
    where c.mentor_id = may_have_lapsed.mentor_id and c.issued_on <= may_have_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < may_have_lapsed.as_of
      or max(c.expires_on) filter (where c.expires_on < may_have_lapsed.as_of)
        >= (select s.judged_on from private.nightly_state s)
  );
end
$function$;

COMMENT ON FUNCTION "private"."may_have_lapsed"(uuid, date) IS 'False only if the mentor has no expired certification on the date, and had none on any day since the last night: one cheap question before the exact ones.';

REVOKE ALL ON FUNCTION "private"."may_have_lapsed"(uuid, date) FROM PUBLIC;
