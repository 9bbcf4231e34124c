CREATE OR REPLACE FUNCTION private.refresh_unacknowledged (
  mentor_ids uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  free uuid[];
  waiting uuid[];
begin
  if refresh_unacknowledged.mentor_ids = '{}' then
    return;
  end if;
  free := array(
    select l.person_id from private.person_locks l
    where l.person_id = any (refresh_unacknowledged.mentor_ids)
    order by l.person_id for no key update skip locked);
  -- Before it is asked what waits: a row that comes in between stays.
  delete from private.unacknowledged u where u.mentor_id = any (free);
  waiting := array(
    select f from unnest(free) f
    where exists (
        select from public.notifications n
        where n.mentor_id = f and n.state = 'undeliverable' and n.acknowledged_at is null)
      or exists (
        select from public.status_discrepancies d where d.mentor_id = f and d.acknowledged_at is null));
  if waiting = '{}' then
    return;
  end if;

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct private.answerable_chapter_ids(w) from unnest(waiting) w
    order by 1
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  insert into private.unacknowledged (mentor_id, chapter_set_id)
  select w, s.id
  from unnest(waiting) w
  join private.chapter_sets s on s.chapter_ids = private.answerable_chapter_ids(w);
end
$function$;

COMMENT ON FUNCTION "private"."refresh_unacknowledged"(uuid[]) IS 'Looks up in which chapters these mentors'' unacknowledged matters count, except of mentors whom somebody else holds. Definer, for the triggers that call it.';

REVOKE ALL ON FUNCTION "private"."refresh_unacknowledged"(uuid[]) FROM PUBLIC;
