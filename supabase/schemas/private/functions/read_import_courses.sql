CREATE OR REPLACE FUNCTION private.read_import_courses (
  list jsonb
)
  RETURNS private.import_course[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET "DateStyle" TO 'ISO, YMD'
  AS $function$
declare
  courses private.import_course[];
begin
  begin
    courses := array(
      select row(r."row", r.person, null, c.place, nullif(private.trimmed(c.value ->> 'kind'), ''), (c.value ->> 'issued_on')::date,
        nullif(c.value ->> 'expires_on', ''), null, null, null, null)::private.import_course
      from jsonb_to_recordset(read_import_courses.list -> 'rows') r ("row" integer, person integer, refused boolean, certifications jsonb)
      cross join lateral jsonb_array_elements(nullif(r.certifications, 'null')) with ordinality c (value, place)
      where r.refused is not true);
    perform c.said::date from unnest(courses) c where c.said <> 'never';
  exception when data_exception then
    perform private.refuse('invalid_request', 'list', 'certifications must be a list of {"kind", "issued_on", "expires_on"}.');
  end;
  if exists (
    select from unnest(courses) c
    where c.kind is null or char_length(c.kind) > 200 or c.issued_on is null or c.issued_on not between '1900-01-01' and '9999-12-31'
      or c.said !~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$' or c.said <> 'never' and (c.said < c.issued_on::text or c.said > '9999-12-31')
  ) or exists (
    select from (select distinct c.kind from unnest(courses) c) k where private.contains_identity_number(k.kind)
  ) then
    perform private.refuse('invalid_request', 'list', 'certifications has a value that can''t be stored.');
  end if;
  return courses;
end
$function$;

COMMENT ON FUNCTION "private"."read_import_courses"(jsonb) IS 'The certifications of a list, as private.read_import_rows reads its rows.';

REVOKE ALL ON FUNCTION "private"."read_import_courses"(jsonb) FROM PUBLIC;
