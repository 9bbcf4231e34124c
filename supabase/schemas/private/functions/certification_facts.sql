CREATE OR REPLACE FUNCTION private.certification_facts (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS TABLE (
    mentor_id       uuid,
    certified_until date,
    certified_since date,
    recheck_on      date
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 1
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select s.mentor_id,
      min(s.ends_on) filter (where s.begins_on <= certification_facts.as_of),
      max(s.begins_on) filter (where s.begins_on <= certification_facts.as_of and s.is_renewal),
      min(s.begins_on) filter (where s.begins_on > certification_facts.as_of)
    from private.certification_stretches s
    where s.mentor_id = any (certification_facts.mentor_ids)
      -- Of each kind, the stretch that has begun last, and what is to come.
      and coalesce(s.next_begins_on, 'infinity') > certification_facts.as_of
    group by s.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."certification_facts"(uuid[], date) IS 'The certification fact of mentors on a date: the last valid day, through all renewals that follow without a gap (infinity: never expires; null: none held), the last day on which a kind that had expired was renewed (null: none had), and when the next one registered in advance begins after a gap. A mentor without any certification has no row.';

REVOKE ALL ON FUNCTION "private"."certification_facts"(uuid[], date) FROM PUBLIC;
