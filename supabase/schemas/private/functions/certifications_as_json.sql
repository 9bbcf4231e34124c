CREATE OR REPLACE FUNCTION private.certifications_as_json (
  mentor_id uuid,
  as_of     date
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (
    with present as materialized (
      select s.kind, s.ends_on, s.is_missing
      from private.certification_stretches(array[certifications_as_json.mentor_id]) s
      where s.begins_on <= certifications_as_json.as_of and (s.next_begins_on is null or s.next_begins_on > certifications_as_json.as_of)
    ), listed as (
      select c.id, c.kind, c.issued_on, c.expires_on,
        case
          when c.expires_on < certifications_as_json.as_of then 'expired'
          when c.issued_on > certifications_as_json.as_of then 'upcoming'
          when c.expires_on <= certifications_as_json.as_of + 30
            and (select max(p.ends_on) from present p where p.kind = c.kind) <= certifications_as_json.as_of + 30 then 'expiring'
          else 'valid'
        end as state
      from public.certifications c
      where c.mentor_id = certifications_as_json.mentor_id
      union all
      select null, p.kind, null, null, 'expired' from present p where p.is_missing
      order by issued_on desc nulls first, kind, id
      limit 200 -- more than anybody holds
    )
    select concat('[', string_agg(concat(
      '{"id":', coalesce(to_json(l.id)::text, 'null'), ',"mentor_id":"', certifications_as_json.mentor_id, '","kind":', to_json(l.kind),
      ',"name_nb":', to_json(k.name_nb), ',"name_nn":', to_json(k.name_nn), ',"name_en":', to_json(k.name_en),
      ',"issued_on":', coalesce(to_json(l.issued_on)::text, 'null'), ',"expires_on":', coalesce(to_json(l.expires_on)::text, 'null'),
      ',"state":"', l.state, '"}'), ',' order by l.issued_on desc nulls first, l.kind, l.id), ']')
    from listed l
    join public.certification_kinds k on k.code = l.kind);
end
$function$;

COMMENT ON FUNCTION "private"."certifications_as_json"(uuid, date) IS 'A mentor''s certifications as JSON, newest first, each with its kind''s names and its state on a date: valid, expiring (its kind ends within 30 days), expired, upcoming. A kind that is required and lacking is one without an id, expired. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."certifications_as_json"(uuid, date) FROM PUBLIC;
