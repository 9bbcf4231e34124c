CREATE OR REPLACE FUNCTION private.tell_of_plan (
  kind text,
  plan public.planned_pauses
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  insert into public.notifications (mentor_id, audience, kind, planned_pause_id, record_version, reference_on)
  select (tell_of_plan.plan).mentor_id, a.audience, tell_of_plan.kind, (tell_of_plan.plan).id, (tell_of_plan.plan).version,
    (tell_of_plan.plan).starts_on
  from (values ('coordinator'), ('mentor')) a (audience);
end
$function$;

COMMENT ON FUNCTION "private"."tell_of_plan"(text, public.planned_pauses) IS 'Writes to the outbox what mentor and coordinator are told of a plan.';

REVOKE ALL ON FUNCTION "private"."tell_of_plan"(text, public.planned_pauses) FROM PUBLIC;
