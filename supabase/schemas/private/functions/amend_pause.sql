CREATE OR REPLACE FUNCTION private.amend_pause (
  mentor_id        uuid,
  changes          jsonb,
  expected_version integer,
  request_id       uuid,
  may_begin        boolean DEFAULT false
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  given text[];
  unread text;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if amend_pause.changes is null or jsonb_typeof(amend_pause.changes) <> 'object' then
    perform private.refuse('invalid_request', 'changes', 'changes must be an object.');
  end if;
  given := array(select k from jsonb_object_keys(amend_pause.changes) k order by k);
  unread := (select min(k) from unnest(given) k where k not in ('pause_reason', 'expected_return_date'));
  if unread is not null then
    perform private.refuse('invalid_request', 'changes', 'changes may name pause_reason and expected_return_date.');
  end if;
  if given = '{}' then
    perform private.refuse('invalid_request', 'changes', 'Nothing to change: name pause_reason, expected_return_date or both.');
  end if;
  if jsonb_typeof(amend_pause.changes -> 'pause_reason') <> 'string' then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if jsonb_typeof(amend_pause.changes -> 'expected_return_date') not in ('string', 'null') then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be a date, YYYY-MM-DD, or null.');
  end if;
  return private.pause_mentor(amend_pause.mentor_id, amend_pause.changes ->> 'pause_reason',
    private.judged_date('expected_return_date', amend_pause.changes ->> 'expected_return_date',
      is_required => jsonb_typeof(amend_pause.changes -> 'expected_return_date') = 'string'),
    amend_pause.expected_version, amend_pause.request_id, given, amends => not amend_pause.may_begin);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."amend_pause"(uuid, jsonb, integer, uuid, boolean) TO "authenticated";

COMMENT ON FUNCTION "private"."amend_pause"(uuid, jsonb, integer, uuid, boolean) IS 'Behind public.amend_pause, and what POST pause does with expected_version (may_begin: a pause under an expired certification too). Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."amend_pause"(uuid, jsonb, integer, uuid, boolean) FROM PUBLIC;
