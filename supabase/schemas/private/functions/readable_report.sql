CREATE OR REPLACE FUNCTION private.readable_report (
  report_id uuid
)
  RETURNS public.period_reports
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.my_id();
  mine uuid[];
  issued public.period_reports;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  mine := private.require_administrator(caller);
  if readable_report.report_id is null then
    perform private.refuse('invalid_request', 'report_id', 'report_id is required.');
  end if;
  select r.* into issued from public.period_reports r where r.id = readable_report.report_id and r.chapter_ids <@ mine;
  if not found then
    perform private.refuse('not_found');
  end if;
  return issued;
end
$function$;

COMMENT ON FUNCTION "private"."readable_report"(uuid) IS 'An issued report, for whoever administers every chapter in it. Refuses with unauthenticated, not_an_administrator, invalid_request, not_found.';

REVOKE ALL ON FUNCTION "private"."readable_report"(uuid) FROM PUBLIC;
