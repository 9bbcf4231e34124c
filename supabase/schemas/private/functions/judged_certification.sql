CREATE OR REPLACE FUNCTION private.judged_certification (
  kind       text,
  issued_on  date,
  expires_on text
)
  RETURNS private.wanted_certification
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  written text := private.judged_text('kind', judged_certification.kind, 100);
  known text := private.kind_code(written);
  months integer;
  ends date;
begin
  if known is null then
    perform private.refuse('invalid_request', 'kind', 'kind must be the code of a certification kind.');
  end if;
  perform private.judged_day('issued_on', judged_certification.issued_on);
  if lower(private.trimmed(judged_certification.expires_on)) = 'never' then
    ends := null;
  elsif coalesce(private.trimmed(judged_certification.expires_on), '') <> '' then
    ends := private.judged_date('expires_on', judged_certification.expires_on);
    if ends < judged_certification.issued_on then
      perform private.refuse('invalid_request', 'expires_on', 'expires_on must not be before issued_on.');
    end if;
  else
    select k.months_valid into months from public.certification_kinds k where k.code = known;
    if months is not null then
      -- Clipped to the month's end: 31 January and a month is 28 February.
      ends := least(judged_certification.issued_on + make_interval(months => months), timestamp '9999-12-31')::date;
    end if;
  end if;
  return row(known, judged_certification.issued_on, ends)::private.wanted_certification;
end
$function$;

COMMENT ON FUNCTION "private"."judged_certification"(text, date, text) IS 'A certification with its kind''s code and its last day: the one given, none for never, else as many calendar months after the issue as the kind says. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_certification"(text, date, text) FROM PUBLIC;
