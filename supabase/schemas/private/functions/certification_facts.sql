CREATE OR REPLACE FUNCTION private.certification_facts (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS TABLE (
    mentor_id       uuid,
    certified_until date,
    certified_since date
  )
  LANGUAGE plpgsql
  STABLE
  ROWS 1
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select s.mentor_id,
      min(s.ends_on), max(s.begins_on) filter (where s.is_renewal)
    from private.certification_stretches(certification_facts.mentor_ids) s
    -- Of each kind, the stretch that has begun last.
    where s.begins_on <= certification_facts.as_of and coalesce(s.next_begins_on, 'infinity') > certification_facts.as_of
    group by s.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."certification_facts"(uuid[], date) IS 'The certification fact of mentors on a date: the last valid day, through all renewals that follow without a gap (infinity: never expires; null: none held), and the last day on which a kind that had expired was renewed (null: none had). A mentor of whose certifications none has begun has no row, unless one is missing.';

REVOKE ALL ON FUNCTION "private"."certification_facts"(uuid[], date) FROM PUBLIC;
