CREATE OR REPLACE FUNCTION private.prune_requests (
  most integer
)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- In a variable: compared with a volatile function, every answer would be read.
  promised timestamptz := clock_timestamp() - interval '72 hours';
  pruned integer;
begin
  with outdated as (
    select i.caller_id, i.request_id from private.idempotent_requests i
    where i.created_at < promised
    order by i.created_at
    limit prune_requests.most
    for update skip locked
  )
  delete from private.idempotent_requests i
  using outdated o
  where i.caller_id = o.caller_id and i.request_id = o.request_id;
  get diagnostics pruned = row_count;
  return pruned;
end
$function$;

COMMENT ON FUNCTION "private"."prune_requests"(integer) IS 'Removes at most so many answers that are older than the 72 hours for which they are promised, the oldest first, and returns how many.';

REVOKE ALL ON FUNCTION "private"."prune_requests"(integer) FROM PUBLIC;
