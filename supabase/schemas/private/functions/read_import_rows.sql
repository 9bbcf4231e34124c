CREATE OR REPLACE FUNCTION private.read_import_rows (
  list jsonb
)
  RETURNS private.import_row[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET "DateStyle" TO 'ISO, YMD'
  AS $function$
declare
  given private.import_row[];
  wrong integer;
begin
  begin
    if jsonb_typeof(read_import_rows.list -> 'rows') is distinct from 'array' then
      raise data_exception;
    end if;
    given := array(
      select row(r."row", r.person, coalesce(r.refused, false), nullif(private.trimmed(r.display_name), ''), nullif(r.email, ''), nullif(r.phone, ''),
        nullif(private.trimmed(r.external_id), ''), nullif(private.trimmed(r.chapter), ''), coalesce(nullif(r.role, ''), 'mentor'),
        nullif(private.trimmed(r.coordinator), ''), r.started_on, nullif(r.last_day, ''), nullif(r.locale, ''))::private.import_row
      from jsonb_to_recordset(read_import_rows.list -> 'rows') r ("row" integer, person integer, refused boolean, display_name text, email text,
        phone text, external_id text, chapter text, role text, coordinator text, started_on date, last_day text, locale text));
    -- A day that there is not, too.
    perform r.last_day::date from unnest(given) r where r.last_day <> 'never';
  exception when data_exception then
    perform private.refuse('invalid_request', 'list', 'list must be what a list of people says: {"rows": [{"row", "person", …}]}.');
  end;
  if cardinality(given) not between 1 and 20000 then
    perform private.refuse('invalid_request', 'list', 'list must have from 1 to 20,000 rows.');
  end if;
  select min(coalesce(r."row", 0)) into wrong
  from unnest(given) r
  where (r."row" >= 1 and r.person between 1 and r."row") is not true
    or char_length(r.display_name) > 200 or char_length(r.chapter) > 200 or char_length(r.coordinator) > 254 or char_length(r.external_id) > 100
    or not private.is_visible(coalesce(r.display_name, 'x') || coalesce(r.chapter, 'x'))
    or r.display_name is not null and not private.is_visible(r.display_name)
    or r.display_name collate "C" ~ '[\u202a-\u202e\u2066-\u2069]'
    or r.external_id is not null and not private.is_visible(r.external_id)
    or r.email is not null and not (r.email = lower(r.email) and char_length(r.email) between 3 and 254
      and r.email ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$')
    or r.phone !~ '^\+[1-9][0-9]{6,14}$'
    or r.role not in ('mentor', 'coordinator', 'administrator')
    or r.started_on in ('infinity', '-infinity')
    or r.last_day !~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$'
    or r.locale is not null and not (r.locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$' and char_length(r.locale) <= 35)
    -- Nearly no row has digits enough.
    or (select char_length(t.texts) - char_length(translate(t.texts, '0123456789', '')) >= 11 or octet_length(t.texts) > char_length(t.texts)
        from (select concat_ws('|', r.display_name, r.email, r.external_id, r.chapter, r.coordinator, r.locale) as texts) t)
      and private.contains_identity_number(concat_ws(' | ', r.display_name, r.email, r.external_id, r.chapter, r.coordinator, r.locale));
  if wrong is not null then
    perform private.refuse('invalid_request', 'list', format('Row %s of the list has a value that can''t be stored.', wrong));
  end if;
  -- Who is who must be settled: a row has a number once, a number and an address one person.
  if (select count(*) <> count(distinct r."row") from unnest(given) r)
     or exists (select from unnest(given) r where r.external_id is not null and not r.refused group by r.external_id having count(distinct r.person) > 1)
     or exists (select from unnest(given) r where r.email is not null and not r.refused group by r.email having count(distinct r.person) > 1)
     or exists (select from unnest(given) r group by r.person
       having count(distinct r.external_id) > 1 or count(distinct r.email) filter (where not r.refused) > 1) then
    perform private.refuse('invalid_request', 'list', 'list must say of each row once whom it is about.');
  end if;
  return given;
end
$function$;

COMMENT ON FUNCTION "private"."read_import_rows"(jsonb) IS 'The rows of a list that shared/memberlist has read. Refuses with invalid_request what it would not have made, without echoing a value.';

REVOKE ALL ON FUNCTION "private"."read_import_rows"(jsonb) FROM PUBLIC;
