-- What an RPC does when it is given nothing: each argument that the contract doesn't
-- require may be left out, and null where a value is needed is refused in the form that
-- PostgREST turns into a response, never a fault.
begin;
\ir _fixtures.psql

select plan(70);

select pg_temp.add_chapter('oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.appoint('administrator');
select pg_temp.add_person('bystander');

create temporary view rpcs as
  select p.oid, p.proname, p.pronargs, p.pronargdefaults,
    has_function_privilege('authenticated', p.oid, 'execute') as for_people
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
    and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e');

-- A call with null for so many arguments; the others have their defaults.
create function pg_temp.with_null(rpc oid, arguments integer) returns text
language sql as $$
  select format('select public.%I(%s)', p.proname, (
    select string_agg('null::' || t::regtype, ', ' order by place)
    from unnest(p.proargtypes) with ordinality a (t, place) where place <= with_null.arguments))
  from pg_proc p where p.oid = with_null.rpc
$$;

create function pg_temp.outcome(call text) returns text
language plpgsql as $$
declare
  message text;
begin
  begin
    execute outcome.call;
    raise exception using errcode = 'TAP00';
  exception
    when sqlstate 'TAP00' then return 'answers';
    when sqlstate 'PGRST' then
      get stacked diagnostics message = message_text;
      return (message::jsonb ->> 'code') || coalesce(' ' || (message::jsonb ->> 'details'), '');
    when others then return sqlstate || ': ' || sqlerrm;
  end;
end
$$;

-- The claims alone, so that the RPCs of the scheduler can be called too.
select set_config('request.jwt.claims', jsonb_build_object('sub', pg_temp.id('administrator'), 'role', 'authenticated')::text, true);

create temporary table expected (proname name primary key, outcome text);
insert into expected values
  ('acknowledge_discrepancy', 'invalid_request discrepancy_id'),
  ('acknowledge_undelivered', 'invalid_request notification_id'),
  ('answer_leave_request', 'invalid_request leave_request_id'),
  ('appoint_administrator', 'invalid_request person_id'),
  ('assign_coordinator', 'invalid_request mentor_id'),
  ('begin_invitation', 'invalid_request person_id'),
  ('close_chapter', 'invalid_request chapter_id'),
  ('dismiss_administrator', 'invalid_request person_id'),
  ('end_assignment', 'invalid_request mentor_id'),
  ('end_membership', 'invalid_request membership_id'),
  ('finish_invitation', 'invalid_request person_id'),
  ('follow_up_page', 'answers'),
  ('hand_over', 'invalid_request from_id'),
  ('import_people', 'invalid_request list'),
  ('merge_people', 'invalid_request kept_id'),
  ('inbox_page', 'answers'),
  ('mark_read', 'invalid_request read'),
  ('set_weekly_digest', 'invalid_request weekly_digest'),
  ('mentor_page', 'invalid_request mentor_id'),
  ('period_report', 'invalid_request from_date'),
  ('issue_period_report', 'invalid_request from_date'),
  ('issued_period_report', 'invalid_request report_id'),
  ('compare_period_report', 'invalid_request report_id'),
  ('issued_reports_page', 'answers'),
  ('report_evidence', 'invalid_request mentor_id'),
  ('people_page', 'answers'),
  ('person_page', 'invalid_request person_id'),
  ('possible_duplicates', 'answers'),
  ('organisation_page', 'answers'),
  ('register_certification', 'invalid_request mentor_id'),
  ('register_person', 'invalid_request chapter_id'),
  ('remove_certification', 'invalid_request certification_id'),
  ('revoke_certification', 'invalid_request certification_id'),
  ('save_certification_kind', 'invalid_request code'),
  ('save_chapter', 'invalid_request name'),
  ('start_membership', 'invalid_request chapter_id'),
  ('update_person', 'invalid_request person_id'),
  ('allow_address', 'invalid_request person_id'),
  ('claim_notifications', 'answers'),
  ('coordinator_roster', 'answers'),
  ('dispatch_backlog', 'answers'),
  ('erase_person', 'invalid_request person_id'),
  ('mentor_status_on', 'answers'),
  ('nightly_begin', 'invalid_request holder'),
  ('nightly_preview', 'invalid_request as_of'),
  ('nightly_step', 'invalid_request run_id'),
  ('nightly_stop', 'invalid_request run_id'),
  ('amend_pause', 'invalid_request changes'),
  ('amend_planned_pause', 'invalid_request changes'),
  ('cancel_planned_pause', 'invalid_request planned_pause_id'),
  ('pause_mentor', 'invalid_request mentor_id'),
  ('pause_mentors', 'invalid_request mentor_ids'),
  ('plan_pause', 'invalid_request mentor_id'),
  ('reactivate_mentor', 'invalid_request mentor_id'),
  ('leave_requests_page', 'answers'),
  ('request_leave', 'not_a_mentor'),
  ('record_notifications', 'invalid_request claim');
select set_eq('select proname from rpcs', 'select proname from expected', 'each RPC is in this test');
select is_empty(
  $$ select e.proname, c.arguments, pg_temp.outcome(pg_temp.with_null(r.oid, c.arguments)) as outcome
     from expected e join rpcs r on r.proname = e.proname
     cross join lateral generate_series((r.pronargs - r.pronargdefaults)::integer, r.pronargs::integer) c (arguments)
     where pg_temp.outcome(pg_temp.with_null(r.oid, c.arguments)) <> e.outcome $$,
  'given null, or nothing, each of them answers or names what it needs');

-- What follows on the first.
select is(pg_temp.outcome(call), outcome, call)
from (values
  ('select public.nightly_begin(holder => gen_random_uuid())', 'invalid_request as_of'),
  ('select public.nightly_begin(holder => gen_random_uuid(), as_of => ''infinity'')', 'invalid_request as_of'),
  ('select public.nightly_begin(holder => gen_random_uuid(), as_of => current_date, reconcile_seconds => -1)', 'invalid_request reconcile_seconds'),
  ('select public.nightly_begin(holder => gen_random_uuid(), as_of => current_date)', 'answers'),
  ('select public.nightly_step(run_id => 1)', 'invalid_request fencing_token'),
  ('select public.nightly_step(run_id => 1, fencing_token => 1, batch => 0)', 'invalid_request batch'),
  ('select public.nightly_stop(run_id => 1)', 'invalid_request fencing_token'),
  ('select public.nightly_preview(as_of => current_date)', 'answers'),
  ('select public.nightly_preview(as_of => current_date, batch => 0)', 'invalid_request batch'),
  ('select public.nightly_preview(as_of => current_date, phase => ''dawn'')', 'invalid_request phase'),
  ('select public.pause_mentor(gen_random_uuid(), null)', 'mentor_not_found')
) c (call, outcome);

-- Who administers nothing is told so, whatever it is about; what isn't theirs is as if absent.
select pg_temp.refuses('bystander', call, 'not_an_administrator', 403, 'for administrators: ' || call)
from unnest(array[
  'public.acknowledge_discrepancy(-1)',
  'public.acknowledge_undelivered(gen_random_uuid())',
  'public.allow_address(gen_random_uuid())',
  'public.erase_person(gen_random_uuid())']) call;
select pg_temp.refuses('administrator', call, 'not_found', 404, 'not there: ' || call)
from unnest(array[
  'public.acknowledge_discrepancy(-1)',
  'public.acknowledge_undelivered(gen_random_uuid())',
  'public.allow_address(gen_random_uuid())',
  'public.erase_person(gen_random_uuid())']) call;

-- Without a name in the claims.
select set_config('request.jwt.claims', '{"role": "authenticated"}', true);
select is(pg_temp.outcome(pg_temp.with_null(r.oid, r.pronargs::integer)), 'unauthenticated', r.proname || ' of nobody')
from rpcs r where r.for_people and r.proname <> 'mentor_status_on' order by r.proname;

select * from finish();
rollback;
