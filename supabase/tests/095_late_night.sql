-- A run for a day that is over, after an RPC has stored what later facts say.
begin;
\ir _fixtures.psql

select plan(5);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor('lapsed', 'oslo');
select pg_temp.certify('lapsed', -2);

create function pg_temp.night(days integer) returns text
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + days, false, gen_random_uuid());
begin
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 100);
  end loop;
  return format('%s: %s', run ->> 'outcome', pg_temp.logged());
end
$$;
-- What is known of the mentor; others have nights of their own.
create function pg_temp.logged() returns text
language sql as $$
  select coalesce(string_agg(l.to_status, ' ' order by l.id), 'nothing')
  from public.pause_status_log l where l.mentor_id = pg_temp.id('lapsed')
$$;

select is(pg_temp.night(-3), 'completed: nothing', 'valid on that day');
select is(
  pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''lapsed''), ''Ferie'')') #>> '{pause_record,status}',
  'expired_cert', 'today a coordinator finds the certification expired');
select 'completed: ' || pg_temp.logged() as told \gset
select is(pg_temp.night(-2), :'told', 'the next day''s run comes late, and takes nothing back');
select is(pg_temp.night(0), :'told', 'nor is there anything left to do today');

-- The course was renewed three days ago; what began yesterday had never expired.
select pg_temp.add_mentor('renewed', 'oslo');
select pg_temp.certify('renewed', -12);
select pg_temp.night(0);
select pg_temp.certify('renewed', 400, -3), pg_temp.certify('renewed', 400, -1, 'first aid');
select pg_temp.night(0);
select is(pg_temp.log('renewed'), array[
  'active>expired_cert v1 by scheduler - from day -11', 'expired_cert>active v2 by scheduler - from day -3'],
  'a restoration is dated by the renewal of what had expired');

select * from finish();
rollback;
