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
declare
  lapse boolean;
  has_rules boolean;
begin
  select s.kinds_have_rules, exists (
    select from public.certifications c
    where c.mentor_id = may_have_lapsed.mentor_id and c.issued_on <= may_have_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < may_have_lapsed.as_of
      or max(c.expires_on) filter (where c.expires_on < may_have_lapsed.as_of)
        >= (select n.judged_on from private.nightly_state n)
  )
  into has_rules, lapse
  from private.settings s;
  if lapse or not has_rules then
    return lapse;
  end if;
  -- A successor only helps. What is required may be missing, or have been until lately.
  return exists (
    select from private.certification_kind_versions v
    where v.is_required and not exists (
      select from public.certifications c
      where c.mentor_id = may_have_lapsed.mentor_id and c.kind = v.code
        and c.issued_on <= least(may_have_lapsed.as_of, (select n.judged_on from private.nightly_state n))));
end
$function$;

COMMENT ON FUNCTION "private"."may_have_lapsed"(uuid, date) IS 'False only if the mentor has no expired or missing certification on the date, and had none on any day since the last night: cheap questions before the exact ones.';

REVOKE ALL ON FUNCTION "private"."may_have_lapsed"(uuid, date) FROM PUBLIC;
