CREATE OR REPLACE FUNCTION private.fact_author (
  table_name text,
  operation  text,
  OUT        recorded_by uuid,
  OUT        command text
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  fact_author.command := nullif(current_setting('mentorpause.command', true), '');
  if current_setting('role') = 'authenticated' then
    fact_author.recorded_by := auth.uid();
    fact_author.command := coalesce(fact_author.command,
      case fact_author.table_name || ' ' || fact_author.operation
        when 'planned_pauses INSERT' then 'plan_pause'
        when 'planned_pauses UPDATE' then 'amend_planned_pause'
        when 'planned_pauses DELETE' then 'cancel_planned_pause'
      end);
  elsif session_user = 'pause_scheduler' then
    fact_author.command := coalesce(fact_author.command, 'nightly_step');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."fact_author"(text, text) IS 'Who is changing facts, and by which command; both null for other systems and hands.';

REVOKE ALL ON FUNCTION "private"."fact_author"(text, text) FROM PUBLIC;
