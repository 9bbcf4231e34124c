CREATE OR REPLACE FUNCTION private.person_page (
  person_id   uuid,
  page_limit  integer,
  page_cursor text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
declare
  most constant integer := 500;
  caller uuid := private.my_id();
  administered uuid[];
  is_office boolean;
  page integer := coalesce(person_page.page_limit, 50);
  today date := private.today();
  key bytea;
  filters text;
  place jsonb;
  before_id bigint := 9223372036854775807;
  log jsonb;
  named uuid[];
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  administered := private.my_administered_chapter_ids();
  is_office := private.is_organisation_administrator();
  if administered = '{}' and not is_office then
    perform private.refuse('not_an_administrator');
  end if;
  perform private.require_id('person_id', person_page.person_id);
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  perform private.refuse_unless_mine(person_page.person_id, administered, everybody => is_office);

  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('person', caller, person_page.person_id)::text;
  if person_page.page_cursor <> '' then
    place := private.read_cursor(person_page.page_cursor, filters, key);
    before_id := (place ->> 0)::bigint;
  end if;

  -- What the policy of the log lets an administrator see.
  log := (
    select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'command', l.command, 'actor_id', l.actor_id,
      'actor_name', a.display_name, 'chapter_id', l.chapter_id, 'before', l.before, 'after', l.after,
      'occurred_at', l.occurred_at) order by l.id desc), '[]')
    from (
      select w.*
      from public.people_log w
      where w.person_id = person_page.person_id and w.id < before_id
        and (is_office
          or w.chapter_id = any (administered)
          or w.chapter_id is null and exists (
            select from public.chapter_memberships m
            where m.user_id = w.person_id and m.chapter_id = any (administered)
              and m.started_at <= w.occurred_at and (m.ended_at is null or m.ended_at > w.occurred_at)))
      order by w.id desc
      limit page + 1
    ) l
    left join public.profiles a on a.id = l.actor_id);
  if jsonb_array_length(log) > page then
    log := log - page;
    next_cursor := private.write_cursor(jsonb_build_array(log #> '{-1,id}'), filters, key);
  end if;
  named := array(
    select distinct e.value::uuid
    from jsonb_array_elements(log) l
    cross join lateral (values (l -> 'before'), (l -> 'after')) s (state)
    cross join lateral jsonb_each_text(case when jsonb_typeof(s.state) = 'object' then s.state else '{}' end) e
    where e.key in ('chapter_id', 'coordinator_id', 'mentor_id')
      and e.value ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');

  return jsonb_build_object(
    'as_of', today,
    'person', private.person_as_json(person_page.person_id, administered) - 'memberships',
    'login', private.login_as_json(person_page.person_id),
    'is_organisation_administrator', private.administers_organisation(person_page.person_id),
    -- Who renames, joins and erases.
    'is_whole', is_office or not private.is_active_outside(person_page.person_id, administered),
    'has_pause_history', exists (
      select from public.pause_records r where r.mentor_id = person_page.person_id and r.paused_at is not null),
    'memberships', coalesce((
      select jsonb_agg(jsonb_build_object('id', m.id, 'chapter_id', m.chapter_id, 'chapter_name', c.name, 'role', m.role,
        'first_day', private.date_of(m.started_at), 'last_day', private.date_of(m.ended_at) - 1)
        order by m.started_at desc, m.id)
      from public.chapter_memberships m
      join public.chapters c on c.id = m.chapter_id
      where m.user_id = person_page.person_id and m.chapter_id = any (administered)
        -- One that was taken back on its first day never was.
        and m.ended_at is distinct from m.started_at), '[]'),
    'certifications', case
      when exists (
        select from public.chapter_memberships m
        where m.user_id = person_page.person_id and m.role = 'mentor' and m.chapter_id = any (administered))
      then private.certifications_as_json(person_page.person_id, today)::jsonb else '[]' end,
    'coordinators', coalesce((
      select jsonb_agg(jsonb_build_object('coordinator_id', p.id, 'coordinator_name', p.display_name, 'started_at', a.started_at)
        order by p.display_name, p.id)
      from public.coordinator_assignments a
      join public.profiles p on p.id = a.coordinator_id
      where a.mentor_id = person_page.person_id and a.ended_at is null), '[]'),
    'mentors', coalesce((
      select jsonb_agg(jsonb_build_object('mentor_id', l.id, 'display_name', l.display_name, 'chapter_ids', to_jsonb(l.chapter_ids))
        order by l.display_name, l.id)
      from (
        select p.id, p.display_name, private.manages(p.id, administered) as chapter_ids
        from public.coordinator_assignments a
        join public.profiles p on p.id = a.mentor_id
        where a.coordinator_id = person_page.person_id and a.ended_at is null
        order by p.display_name, p.id
        limit most
      ) l
      where l.chapter_ids <> '{}'), '[]'),
    'log', log,
    'names', coalesce((
      select jsonb_object_agg(n.id, n.name)
      from (
        select c.id, c.name from public.chapters c where c.id = any (named)
        union all
        select p.id, p.display_name from public.profiles p
        where p.id = any (named) and (is_office or private.belongs_to(p.id, administered))
      ) n), '{}'),
    'next_cursor', next_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."person_page"(uuid, integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."person_page"(uuid, integer, text) IS 'Behind public.person_page. Definer, because it reads logins, which no role may; checks the caller and narrows everything to the chapters that they administer itself.';

REVOKE ALL ON FUNCTION "private"."person_page"(uuid, integer, text) FROM PUBLIC;
