-- A run for a day that is over, after an RPC has stored what later facts say.
begin;
\ir _fixtures.psql

select plan(4);

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
  return format('%s: %s expired, %s restored', run ->> 'outcome', run ->> 'expired', run ->> 'restored');
end
$$;

select is(pg_temp.night(-3), 'completed: 0 expired, 0 restored', 'valid on that day');
select is(
  pg_temp.answer('coordinator', 'public.pause_mentor(pg_temp.id(''lapsed''), ''Ferie'')') #>> '{pause_record,status}',
  'expired_cert', 'today a coordinator finds the certification expired');
select is(pg_temp.night(-2), 'completed: 0 expired, 0 restored', 'the next day''s run comes late, and takes nothing back');
select is(pg_temp.night(0), 'completed: 0 expired, 0 restored', 'nor is there anything left to do today');

select * from finish();
rollback;
