CREATE OR REPLACE FUNCTION private.refresh_after_kinds()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  chunk constant integer := 10000;
  required text[];
  replaced text[];
  ids uuid[];
begin
  if tg_op = 'INSERT' then
    required := array(select n.code from new_rows n where n.is_required);
    replaced := array(select n.code from new_rows n where n.replaced_by is not null);
  elsif tg_op = 'DELETE' then
    required := array(select o.code from old_rows o where o.is_required);
    replaced := '{}';
  else
    required := array(
      select n.code from new_rows n join old_rows o on o.code = n.code where n.is_required <> o.is_required);
    replaced := array(
      select n.code from new_rows n join old_rows o on o.code = n.code where n.replaced_by is distinct from o.replaced_by);
  end if;
  if required || replaced = '{}' then
    return null;
  end if;
  ids := private.mentors_under_kinds(required, replaced);
  if ids = '{}' then
    return null;
  end if;
  perform from private.person_locks l
  where l.person_id in (select i from unnest(ids) i) order by l.person_id for no key update;
  for n in 0 .. (cardinality(ids) - 1) / chunk loop
    perform private.refresh_roster(ids[n * chunk + 1 : (n + 1) * chunk]);
  end loop;
  insert into private.nightly_pending (mentor_id)
  select i from unnest(ids) i
  order by 1
  on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refresh_after_kinds"() IS 'Trigger: refreshes the roster''s entries of all whose certification fact what was saved of kinds may have changed, and marks them for the nightly run. Definer, for writers who reach only the kinds.';

REVOKE ALL ON FUNCTION "private"."refresh_after_kinds"() FROM PUBLIC;
