CREATE OR REPLACE FUNCTION private.report_mentors (
  chapter_ids uuid[],
  as_known_at timestamp with time zone
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
begin
  -- Where most people are asked about, reading all of them is quicker.
  if cardinality(report_mentors.chapter_ids) >= (select 0.5 * count(*) from public.chapters c) then
    return null;
  end if;
  return array(
    select distinct v.mentor_id from private.membership_versions v
    where v.chapter_id = any (report_mentors.chapter_ids)
      and v.recorded_at <= report_mentors.as_known_at and v.superseded_at > report_mentors.as_known_at);
end
$function$;

COMMENT ON FUNCTION "private"."report_mentors"(uuid[], timestamp with time zone) IS 'Whose facts a report has to read; null: everybody''s.';

REVOKE ALL ON FUNCTION "private"."report_mentors"(uuid[], timestamp WITH time zone) FROM PUBLIC;
