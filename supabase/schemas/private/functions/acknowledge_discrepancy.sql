CREATE OR REPLACE FUNCTION private.acknowledge_discrepancy (
  discrepancy_id bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  administered uuid[] := private.my_administered_chapter_ids();
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if private.my_chapter_ids() = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  update public.status_discrepancies d
  set acknowledged_at = coalesce(d.acknowledged_at, clock_timestamp())
  where d.id = acknowledge_discrepancy.discrepancy_id
    and exists (
      select from public.chapter_memberships m
      where m.user_id = d.mentor_id and m.role = 'mentor' and m.ended_at is null and m.chapter_id = any (administered));
  if not found then
    perform private.refuse('mentor_not_found', null, 'No such discrepancy of a mentor whom you administer.');
  end if;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."acknowledge_discrepancy"(bigint) TO "authenticated";

COMMENT ON FUNCTION "private"."acknowledge_discrepancy"(bigint) IS 'Behind public.acknowledge_discrepancy. Definer, because nobody may write the table directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."acknowledge_discrepancy"(bigint) FROM PUBLIC;
