CREATE OR REPLACE FUNCTION private.act_as (
  actor_kind text,
  actor_id   uuid DEFAULT NULL::uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Assigned, not performed: an expression is cheaper than a statement.
  act_as.actor_kind := set_config('mentorpause.actor_kind', coalesce(act_as.actor_kind, ''), true);
  act_as.actor_kind := set_config('mentorpause.actor_id', coalesce(act_as.actor_id::text, ''), true);
end
$function$;

COMMENT ON FUNCTION "private"."act_as"(text, uuid) IS 'Says who acts in the rest of the transaction. Null ends it: later changes count as made by hand in the SQL editor (actor_kind system).';

REVOKE ALL ON FUNCTION "private"."act_as"(text, uuid) FROM PUBLIC;
