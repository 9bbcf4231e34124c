CREATE OR REPLACE FUNCTION private.grant_leave (
  asked          public.leave_requests,
  live           public.pause_records,
  coordinator_id uuid,
  moment         timestamp with time zone,
  today          date
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  AS $function$
declare
  mentor uuid := (grant_leave.asked).mentor_id;
  kind text := (grant_leave.asked).kind;
  plan public.planned_pauses;
  granted public.pause_records;
begin
  if kind = 'pause' and (grant_leave.asked).starts_on > grant_leave.today then
    insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date, coordinator_id)
    values (mentor, (grant_leave.asked).starts_on, (grant_leave.asked).reason, (grant_leave.asked).expected_return_date,
      grant_leave.coordinator_id)
    returning * into plan;
    perform private.tell_of_plan('pause_planned', plan);
    update public.leave_requests l set planned_pause_id = plan.id where l.id = (grant_leave.asked).id;
    return private.answer_plan(null, null, null, plan);
  end if;

  perform private.act_as(case when grant_leave.coordinator_id is null then 'mentor' else 'coordinator' end,
    coalesce(grant_leave.coordinator_id, mentor));
  if kind = 'pause' and ((grant_leave.live).id is null or (grant_leave.live).status = 'active') then
    granted := private.begin_pause(mentor, (grant_leave.asked).reason, (grant_leave.asked).expected_return_date,
      grant_leave.coordinator_id, grant_leave.moment, grant_leave.today);
  elsif kind = 'return' then
    update public.pause_records r
    set status = 'active', reactivated_at = greatest(grant_leave.moment, r.created_at, r.paused_at),
      coordinator_id = coalesce(grant_leave.coordinator_id, r.coordinator_id), effective_on = grant_leave.today
    where r.id = (grant_leave.live).id
    returning * into granted;
  else
    -- Another return date, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = case when kind = 'pause' then (grant_leave.asked).reason else r.pause_reason end,
      expected_return_date = (grant_leave.asked).expected_return_date,
      paused_at = coalesce(r.paused_at, greatest(grant_leave.moment, r.created_at)),
      coordinator_id = coalesce(grant_leave.coordinator_id, r.coordinator_id),
      effective_on = grant_leave.today
    where r.id = (grant_leave.live).id
    returning * into granted;
  end if;
  perform private.act_as(null);
  update public.leave_requests l set pause_record_id = granted.id where l.id = (grant_leave.asked).id;
  return private.answer(null, null, null, granted,
    case when kind = 'return' and grant_leave.coordinator_id is not null
      then jsonb_build_object('hints', private.hints_after_pause(mentor, granted.paused_at, grant_leave.today)) end);
end
$function$;

COMMENT ON FUNCTION "private"."grant_leave"(public.leave_requests, public.pause_records, uuid, timestamp with time zone, date) IS 'Makes the transition that an accepted request asks for, as this coordinator, or as the mentor (null), and answers the record or the plan that it made. The caller has locked the mentor and judged everything.';

REVOKE ALL ON FUNCTION "private"."grant_leave"(public.leave_requests, public.pause_records, uuid, timestamp WITH time zone, date) FROM PUBLIC;
