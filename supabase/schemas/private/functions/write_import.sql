CREATE OR REPLACE FUNCTION private.write_import (
  j           private.import_judgement,
  source      text,
  caller_id   uuid,
  with_status boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  moment timestamptz := clock_timestamp();
  accepted private.import_outcome[] := array(select o from unnest((write_import.j).outcomes) o where o.outcome in ('new', 'changed'));
  newcomers uuid[] := array(select distinct o.id from unnest(accepted) o where o.outcome = 'new');
begin
  insert into public.profiles (id, display_name, locale)
  select f.id, max(f.display_name), coalesce(max(f.locale), 'nb')
  from unnest((write_import.j).profiles) f where f.is_new group by f.id;
  update public.profiles p
  set display_name = coalesce(c.display_name, p.display_name), locale = coalesce(c.locale, p.locale)
  from (
    select f.id, max(f.display_name) as display_name, max(f.locale) as locale
    from unnest((write_import.j).profiles) f
    where not f.is_new and num_nonnulls(f.display_name, f.locale) > 0
    group by f.id
  ) c
  where p.id = c.id;
  insert into public.contacts as c (person_id, email, phone)
  select f.id, max(f.email), max(f.phone)
  from unnest((write_import.j).profiles) f where num_nonnulls(f.email, f.phone) > 0 group by f.id
  on conflict on constraint contacts_pkey do update
  set email = coalesce(excluded.email, c.email), phone = coalesce(excluded.phone, c.phone);
  insert into public.external_ids (source, external_id, person_id)
  select write_import.source, f.number, f.id from unnest((write_import.j).profiles) f where f.number is not null;

  -- The memberships last: the roster is made once, of everything.
  update public.certifications h
  set expires_on = c.expires_on
  from unnest((write_import.j).courses) c
  join unnest(accepted) o on o."row" = c."row"
  where c.action = 'shorten' and h.mentor_id = c.id and h.kind = c.kind and h.issued_on = c.issued_on
    and coalesce(h.expires_on, 'infinity') > c.expires_on;
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  select c.id, c.kind, c.issued_on, c.expires_on
  from unnest((write_import.j).courses) c
  join unnest(accepted) o on o."row" = c."row"
  where c.action = 'insert';
  insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
  select a.id, a.coordinator_id, moment
  from unnest((write_import.j).assignments) a
  join unnest(accepted) o on o."row" = a."row"
  where a.action = 'insert';
  update public.chapter_memberships m
  set started_at = p.started_at, ended_at = p.ended_at
  from unnest((write_import.j).places) p
  join unnest(accepted) o on o."row" = p."row"
  where p.action = 'update' and m.id = p.membership_id;
  insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
  select distinct on (p.id, p.chapter_id, p.role, p.started_at) p.chapter_id, p.id, p.role, p.started_at, p.ended_at
  from unnest((write_import.j).places) p
  join unnest(accepted) o on o."row" = p."row"
  where p.action = 'insert'
  order by p.id, p.chapter_id, p.role, p.started_at, p."row";

  if write_import.with_status then
    perform private.bring_people_up_to_date(array(select distinct o.id from unnest(accepted) o));
  else
    perform private.bring_people_up_to_date(newcomers);
  end if;

  -- One row for each row of the list. Coordinators by their ids: their names would outlive
  -- their erasure here.
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after, occurred_at)
  select write_import.caller_id, 'import', o.id,
    case when o.outcome = 'new' or not c.changes ?| '{display_name,email,phone,locale,external_id,certification_kind}' then o.chapter_id end,
    case when o.outcome = 'changed' then w.before end,
    w.after || case when a.action is not null then jsonb_build_object('coordinator_id', a.coordinator_id) else '{}' end, moment
  from unnest(accepted) o
  cross join lateral (select o.changes::jsonb - 'coordinator' as changes) c
  cross join lateral (
    select coalesce(jsonb_object_agg(e.key, e.value -> 'from'), '{}') as before, coalesce(jsonb_object_agg(e.key, e.value -> 'to'), '{}') as after
    from jsonb_each(c.changes) e
  ) w
  left join unnest((write_import.j).assignments) a on a."row" = o."row";
end
$function$;

COMMENT ON FUNCTION "private"."write_import"(private.import_judgement, text, uuid, boolean) IS 'Writes and logs what a judgement says. The caller holds the locks. with_status: the people who were there are locked for changes of their status; else the next night brings it up to date.';

REVOKE ALL ON FUNCTION "private"."write_import"(private.import_judgement, text, uuid, boolean) FROM PUBLIC;
