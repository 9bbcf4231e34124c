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
    select k.mentor_id, min(k.valid_until), max(k.valid_since), min(k.begins_on)
    from (
      select c.mentor_id,
        max(c.expires_on) filter (where c.issued_on <= c.counts_to) as valid_until,
        min(c.issued_on) filter (
          where c.issued_on <= certification_facts.as_of and c.expires_on >= certification_facts.as_of) as valid_since,
        min(c.issued_on) filter (where c.issued_on > c.counts_to) as begins_on
      from (
        select h.mentor_id, h.kind, h.issued_on, coalesce(h.expires_on, 'infinity') as expires_on,
          -- A renewal registered in advance counts when it leaves no gap.
          greatest(certification_facts.as_of, 1 + max(coalesce(h.expires_on, 'infinity'))
            filter (where h.issued_on <= certification_facts.as_of) over (partition by h.mentor_id, h.kind)) as counts_to
        from public.certifications h
        where h.mentor_id = any (certification_facts.mentor_ids)
      ) c
      group by c.mentor_id, c.kind
    ) k
    group by k.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."certification_facts"(uuid[], date) IS 'The certification fact of mentors on a date: the last valid day, with a renewal that follows without a gap (infinity: never expires; null: none held), since when what is valid now has been, and when the next one registered in advance begins. A mentor without any certification has no row.';

REVOKE ALL ON FUNCTION "private"."certification_facts"(uuid[], date) FROM PUBLIC;
