CREATE OR REPLACE FUNCTION private.nightly_begin (
  as_of   date,
  is_full boolean,
  holder  uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  lease constant interval := interval '60 seconds';
  token bigint;
  completed public.nightly_runs;
  newest public.nightly_runs;
  run public.nightly_runs;
begin
  if nightly_begin.as_of is null or nightly_begin.holder is null then
    perform private.refuse('invalid_request', 'as_of', 'as_of and holder are required.');
  end if;
  -- One start at a time decides.
  update private.nightly_state s set fencing_token = s.fencing_token + 1 returning s.fencing_token into token;
  select * into completed from public.nightly_runs r where r.outcome = 'completed' order by r.as_of desc, r.id desc limit 1;
  select * into newest from public.nightly_runs r order by r.id desc limit 1;

  if nightly_begin.as_of < completed.as_of then
    return private.nightly_answer(completed, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
  end if;
  if newest.outcome is null and newest.holder = nightly_begin.holder then
    return private.nightly_answer(newest, null); -- a repeated request
  end if;
  if newest.outcome is distinct from 'completed' and nightly_begin.as_of < newest.as_of then
    -- Status never goes back in time.
    return private.nightly_answer(newest, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
  end if;
  if newest.id is not null and newest.outcome is null then
    -- A chunk that runs at this moment holds the row.
    select * into run from public.nightly_runs r where r.id = newest.id for update skip locked;
    if not found or run.lease_until > clock_timestamp() then
      return private.nightly_answer(newest, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
    end if;
  end if;

  if newest.outcome is distinct from 'completed' and newest.as_of = nightly_begin.as_of then
    update public.nightly_runs r
    set outcome = null, finished_at = null, starts = r.starts + 1, holder = nightly_begin.holder, fencing_token = token,
      -- To look at everything, it has to start again.
      phase = case when nightly_begin.is_full and not r.is_full then 'reconcile' else r.phase end,
      after_id = case when nightly_begin.is_full and not r.is_full then null else r.after_id end,
      is_full = r.is_full or nightly_begin.is_full,
      heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + lease
    where r.id = newest.id
    returning * into run;
    return private.nightly_answer(run, null);
  end if;

  update public.nightly_runs r
  set outcome = 'partial', finished_at = clock_timestamp()
  where r.outcome is null; -- it died, and this date includes what it left
  insert into public.nightly_runs (as_of, since, is_full, missed_nights, holder, fencing_token, lease_until)
  values (nightly_begin.as_of, completed.as_of,
    nightly_begin.is_full or completed.as_of is null or nightly_begin.as_of - completed.as_of > 32,
    greatest(coalesce(nightly_begin.as_of - completed.as_of - 1, 0), 0),
    nightly_begin.holder, token, clock_timestamp() + lease)
  returning * into run;
  return private.nightly_answer(run, null);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_begin"(date, boolean, uuid) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_begin"(date, boolean, uuid) IS 'Behind public.nightly_begin. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_begin"(date, boolean, uuid) FROM PUBLIC;
