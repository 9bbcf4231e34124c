CREATE OR REPLACE FUNCTION private.judged_certifications (
  certifications jsonb
)
  RETURNS private.wanted_certification[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  wanted private.wanted_certification[] := '{}'::private.wanted_certification[];
  item jsonb;
begin
  if judged_certifications.certifications is null or jsonb_typeof(judged_certifications.certifications) = 'null' then
    return wanted;
  end if;
  if jsonb_typeof(judged_certifications.certifications) <> 'array' or jsonb_array_length(judged_certifications.certifications) > 100 then
    perform private.refuse('invalid_request', 'certifications', 'certifications must be a list of at most 100 objects.');
  end if;
  for item in select e.value from jsonb_array_elements(judged_certifications.certifications) e loop
    if jsonb_typeof(item) <> 'object'
       or exists (
         select from jsonb_each(item) e
         where e.key not in ('kind', 'issued_on', 'expires_on') or jsonb_typeof(e.value) not in ('string', 'null')) then
      perform private.refuse('invalid_request', 'certifications', 'A certification has kind, issued_on and expires_on, each a string.');
    end if;
    wanted := wanted || private.judged_certification(item ->> 'kind', private.judged_date('issued_on', item ->> 'issued_on'),
      item ->> 'expires_on');
  end loop;
  if (select count(*) <> count(distinct (w.kind, w.issued_on)) from unnest(wanted) w) then
    perform private.refuse('invalid_request', 'certifications', 'certifications names the same kind twice with the same day.');
  end if;
  return wanted;
end
$function$;

COMMENT ON FUNCTION "private"."judged_certifications"(jsonb) IS 'The certifications of a list of {"kind", "issued_on", "expires_on"}; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_certifications"(jsonb) FROM PUBLIC;
