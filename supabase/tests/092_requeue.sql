-- Undeliverable notifications get another chance when there is somebody to give
-- them to: from the pause to the inbox, by the RPCs of nightly run and dispatcher.
begin;
\ir _fixtures.psql

select plan(15);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor('kari', 'oslo');
select pg_temp.add_mentor('ola', 'oslo');
select pg_temp.certify(name, 400) from unnest(array['kari', 'ola']) name;
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Sykdom'')', pg_temp.id(name))) from unnest(array['kari', 'ola']) name;

-- Everything that is due, claimed and settled; whom the dispatcher would give what.
create function pg_temp.dispatch() returns text[]
language plpgsql as $$
declare
  claimed jsonb := public.claim_notifications(1000);
  inbox jsonb;
begin
  select jsonb_agg(jsonb_build_object('notification_id', n ->> 'id', 'recipient_id', r ->> 'id', 'recipient_role', r ->> 'role',
    'chosen_because', r ->> 'chosen_because', 'title', 'Tittel', 'body', 'Tekst'))
  into inbox
  from jsonb_array_elements(claimed -> 'notifications') n cross join jsonb_array_elements(n -> 'recipients') r;
  perform public.record_notifications((claimed ->> 'claim')::uuid, inbox, null,
    array(select (n ->> 'id')::uuid from jsonb_array_elements(claimed -> 'notifications') n));
  return array(
    select format('%s about %s to %s', n ->> 'kind', pg_temp.name_of((n ->> 'mentor_id')::uuid), pg_temp.name_of((r ->> 'id')::uuid))
    from jsonb_array_elements(claimed -> 'notifications') n cross join jsonb_array_elements(n -> 'recipients') r order by 1);
end
$$;
create function pg_temp.night(days integer) returns integer
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + days, false, gen_random_uuid());
begin
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 1000);
  end loop;
  return (run ->> 'requeued')::integer;
end
$$;
create function pg_temp.states(mentor text) returns text[]
language sql stable as $$
  select array(select n.audience || ' ' || n.state from public.notifications n where n.mentor_id = pg_temp.id(mentor) order by 1)
$$;

select is(pg_temp.dispatch(), array['mentor_paused about kari to kari', 'mentor_paused about ola to ola'], 'without assignment and administrator only the mentors are told');
select is(pg_temp.states('kari'), array['coordinator undeliverable', 'mentor delivered'], 'and the coordinator''s is undeliverable');
select is((pg_temp.answer('coordinator', 'public.coordinator_roster()') #>> '{summary,undelivered_notifications}')::integer, 2, 'which the roster counts');
select is((public.nightly_preview(pg_temp.today(), false, 'requeue', null, 1000) ->> 'requeued')::integer, 0, 'a dry run sees nobody');
select is(pg_temp.night(0), 0, 'nor does the run');
select is(pg_temp.states('kari'), array['coordinator undeliverable', 'mentor delivered'], 'so that it stays');

select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select lives_ok(format($$ select pg_temp.answer('administrator', 'public.acknowledge_undelivered(''%s'')::text') $$, n.id), 'one is acknowledged')
from public.notifications n where n.mentor_id = pg_temp.id('ola') and n.state = 'undeliverable';
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('administrator');
select pg_temp.assign(name, 'coordinator') from unnest(array['kari', 'ola']) name;

select is((public.nightly_preview(pg_temp.today(), false, 'requeue', null, 1000) ->> 'requeued')::integer, 1, 'a dry run sees the new coordinator');
select is(pg_temp.night(0), 1, 'the run gives it to the dispatcher again');
select is(pg_temp.states('ola'), array['coordinator undeliverable', 'mentor delivered'], 'but not what somebody has acknowledged');
select is(pg_temp.night(1), 0, 'once');
select is(pg_temp.dispatch(), array['mentor_paused about kari to coordinator'], 'it reaches the coordinator');
select is(pg_temp.states('kari'), array['coordinator delivered', 'mentor delivered'], 'and is delivered');
select is((pg_temp.answer('coordinator', 'public.coordinator_roster()') #>> '{summary,undelivered_notifications}')::integer, 0, 'nothing is left to count');
select is(pg_temp.dispatch(), '{}', 'and nothing to dispatch');

select * from finish();
rollback;
