CREATE OR REPLACE FUNCTION private.possible_duplicates (
  chapter_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
declare
  most constant integer := 100;
  caller uuid := private.my_id();
  administered uuid[];
  scope uuid[];
  everybody boolean;
  pairs jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  administered := private.my_administered_chapter_ids();
  everybody := private.is_organisation_administrator() and possible_duplicates.chapter_id is null;
  if administered = '{}' and not everybody then
    perform private.refuse('not_an_administrator');
  end if;
  if possible_duplicates.chapter_id is not null and possible_duplicates.chapter_id <> all (administered) then
    perform private.refuse('chapter_not_found');
  end if;
  scope := case when possible_duplicates.chapter_id is null then administered else array[possible_duplicates.chapter_id] end;

  -- The same name as the import judges it, or the same telephone number. Somebody in a pair
  -- is of the chapters asked for, the other one anybody whom the caller keeps.
  with kept as materialized (
    select p.id, p.display_name, lower(regexp_replace(p.display_name, '\s+', ' ', 'g')) as name, c.phone
    from public.profiles p
    left join public.contacts c on c.person_id = p.id
    where everybody or p.id in (select m.user_id from public.chapter_memberships m where m.chapter_id = any (administered))
  ), alike as (
    select a.id as first_id, b.id as second_id, true as by_name, false as by_phone
    from kept a join kept b on b.name = a.name and b.id > a.id
    union all
    select a.id, b.id, false, true from kept a join kept b on b.phone = a.phone and b.id > a.id
  ), judged as (
    select a.first_id, a.second_id, bool_or(a.by_name) as by_name, bool_or(a.by_phone) as by_phone
    from alike a
    group by a.first_id, a.second_id
    having not exists (select from private.final_people f where f.person_id in (a.first_id, a.second_id))
      and (everybody
        or private.belongs_to(a.first_id, administered) and private.belongs_to(a.second_id, administered)
          and (private.belongs_to(a.first_id, scope) or private.belongs_to(a.second_id, scope)))
    -- Those who agree in both come first.
    order by bool_or(a.by_name) and bool_or(a.by_phone) desc, a.first_id, a.second_id
    limit most + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'because', case when j.by_name and j.by_phone then '["name", "phone"]' when j.by_name then '["name"]' else '["phone"]' end::jsonb,
    'people', jsonb_build_array(
      jsonb_build_object('id', p.id, 'display_name', p.display_name, 'chapters', private.chapters_as_json(
        array(select distinct m.chapter_id from public.chapter_memberships m where m.user_id = p.id), administered)),
      jsonb_build_object('id', q.id, 'display_name', q.display_name, 'chapters', private.chapters_as_json(
        array(select distinct m.chapter_id from public.chapter_memberships m where m.user_id = q.id), administered))))
    order by j.by_name and j.by_phone desc, p.display_name, p.id, q.id), '[]')
  into pairs
  from judged j
  join public.profiles p on p.id = j.first_id
  join public.profiles q on q.id = j.second_id;
  return jsonb_build_object('duplicates', case when jsonb_array_length(pairs) > most then pairs - most else pairs end,
    'goes_on', jsonb_array_length(pairs) > most);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."possible_duplicates"(uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."possible_duplicates"(uuid) IS 'Behind public.possible_duplicates. Definer, because it compares everybody whom the caller keeps; narrows everything to their chapters itself.';

REVOKE ALL ON FUNCTION "private"."possible_duplicates"(uuid) FROM PUBLIC;
