CREATE OR REPLACE FUNCTION private.refresh_planned_mentors()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  touched uuid[] := '{}'::uuid[];
  before private.paused_mentor[] := '{}'::private.paused_mentor[];
begin
  -- A plan that has become a pause: what it counted was counted over to that.
  if current_setting('mentorpause.beginning', true) = 'on' then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    select array_agg((o.mentor_id, o.starts_on, o.expected_return_date)::private.paused_mentor), array_agg(o.mentor_id)
    into before, touched
    from old_rows o;
  end if;
  if tg_op <> 'DELETE' then
    touched := coalesce(touched, '{}') || array(select n.mentor_id from new_rows n);
  end if;
  if touched <> '{}' then
    perform private.refresh_roster(touched, coalesce(before, '{}'));
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refresh_planned_mentors"() IS 'Trigger: refreshes the roster''s entries of the mentors whose plans a statement changed.';

REVOKE ALL ON FUNCTION "private"."refresh_planned_mentors"() FROM PUBLIC;
