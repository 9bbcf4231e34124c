CREATE OR REPLACE FUNCTION private.guard_leave_request()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if new.id <> old.id or new.kind <> old.kind or new.created_at <> old.created_at
     or (new.starts_on, new.expected_return_date) is distinct from (old.starts_on, old.expected_return_date)
     or new.reason is not null and new.reason is distinct from old.reason then
    raise exception 'leave request % can''t change what it asks for', old.id
      using errcode = 'check_violation', constraint = 'leave_requests_asked_is_fixed',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  -- A mentor may still take back an accepted one; who answered changes hands with a joined
  -- profile, and texts go with an erased one.
  if old.state <> 'open' and (old.state, new.state) <> ('accepted', 'withdrawn')
     and (new.state <> old.state or new.answered_at <> old.answered_at
       or new.message is not null and new.message is distinct from old.message) then
    raise exception 'leave request % has been answered', old.id
      using errcode = 'restrict_violation', constraint = 'leave_requests_answered_is_final',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."guard_leave_request"() IS 'Trigger: what was asked for is fixed (SQLSTATE 23514), and an answer is final, but for the withdrawal of an accepted request (23001).';

REVOKE ALL ON FUNCTION "private"."guard_leave_request"() FROM PUBLIC;
