CREATE OR REPLACE FUNCTION private.report_rules (
  rule_version text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select case rule_version when '1' then
'A day counts as it ended, in the organisation''s time zone. A membership counts from the date on which it began until the day before the date on which it ended.
On a day of membership the status is expired_cert when for some kind of certification that the mentor holds the last day of the furthest-reaching one is past, or a kind that is required is lacking; else paused, when a coordinator paused the mentor on that day or before and the mentor has not returned, or a planned pause has begun; else active.
A certification counts from its issue through the whole of its last day; a valid successor counts for the kind that it replaces. A pause ends when the mentor returns, or leaves every chapter.
Certified means active with at least one valid certification.
registered: a mentor of the chapter, in total of one of the chapters, on the first day, the last day, or any day. active and certified: on any day of the period, on its last, or on every one of its days. days: days of mentors; in total a mentor in two chapters counts once. joined and left: mentors who were in the chapter on a day of the period and not on the day before, or the other way round. moved: mentors who from one day to the next left one chapter of the report and joined another.' end
$function$;

COMMENT ON FUNCTION "private"."report_rules"(text) IS 'The rules of a version, in words; null for one that is unknown.';

REVOKE ALL ON FUNCTION "private"."report_rules"(text) FROM PUBLIC;
