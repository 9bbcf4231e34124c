CREATE OR REPLACE FUNCTION private.acknowledge_discrepancy (
  discrepancy_id bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  about uuid;
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  -- Rights are read while the row is held.
  select d.mentor_id into about
  from public.status_discrepancies d
  where d.id = acknowledge_discrepancy.discrepancy_id
  for update;
  if private.my_chapter_ids() = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  if about is null or not exists (
    select from public.chapter_memberships m
    where m.user_id = about and m.role = 'mentor' and m.ended_at is null
      and m.chapter_id = any (private.my_administered_chapter_ids())
  ) then
    perform private.refuse('mentor_not_found', null, 'No such discrepancy of a mentor whom you administer.');
  end if;
  update public.status_discrepancies d
  set acknowledged_at = clock_timestamp()
  where d.id = acknowledge_discrepancy.discrepancy_id and d.acknowledged_at is null;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."acknowledge_discrepancy"(bigint) TO "authenticated";

COMMENT ON FUNCTION "private"."acknowledge_discrepancy"(bigint) IS 'Behind public.acknowledge_discrepancy. Definer, because nobody may write the table directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."acknowledge_discrepancy"(bigint) FROM PUBLIC;
