CREATE OR REPLACE FUNCTION private.pause_mentors (
  mentor_ids           uuid[],
  pause_reason         text,
  starts_on            date,
  expected_return_date date,
  dry_run              boolean,
  request_id           uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  sorted uuid[];
  outcomes jsonb;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if pause_mentors.mentor_ids is null or array_ndims(pause_mentors.mentor_ids) is distinct from 1
     or cardinality(pause_mentors.mentor_ids) not between 1 and 500 or array_position(pause_mentors.mentor_ids, null) is not null then
    perform private.refuse('invalid_request', 'mentor_ids', 'mentor_ids must be 1 to 500 ids.');
  end if;
  sorted := array(select distinct i from unnest(pause_mentors.mentor_ids) i order by 1);
  if cardinality(sorted) < cardinality(pause_mentors.mentor_ids) then
    perform private.refuse('invalid_request', 'mentor_ids', 'mentor_ids must be different.');
  end if;

  perform private.lock_many(sorted, pause_mentors.request_id);
  if pause_mentors.dry_run is not true then
    outcomes := private.pause_locked_mentors(sorted, pause_mentors.pause_reason, pause_mentors.starts_on,
      pause_mentors.expected_return_date, pause_mentors.request_id);
  else
    -- What the real run would do is found by doing it, and taken back: variables stay.
    begin
      outcomes := private.pause_locked_mentors(sorted, pause_mentors.pause_reason, pause_mentors.starts_on,
        pause_mentors.expected_return_date, pause_mentors.request_id);
      raise exception using errcode = 'MPDRY', message = 'a dry run';
    exception when sqlstate 'MPDRY' then
      null;
    end;
  end if;

  return jsonb_build_object('results', (
    select jsonb_agg(jsonb_build_object('mentor_id', i.id)
      || (outcomes -> i.id::text)
      || case when pause_mentors.dry_run is true then jsonb_build_object('pause_record', null) else '{}' end
      order by i.place)
    from unnest(pause_mentors.mentor_ids) with ordinality i (id, place)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."pause_mentors"(uuid[], text, date, date, boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."pause_mentors"(uuid[], text, date, date, boolean, uuid) IS 'Behind public.pause_mentors. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."pause_mentors"(uuid[], text, date, date, boolean, uuid) FROM PUBLIC;
