CREATE OR REPLACE FUNCTION private.import_people (
  list       jsonb,
  chapter_id uuid,
  source     text,
  preview    text,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  -- The role that was set, which no claim can pretend.
  is_service boolean := current_setting('role') = 'service_role';
  caller uuid;
  mine uuid[];
  is_office boolean;
  system text;
  target uuid := import_people.chapter_id;
  mapping jsonb;
  remembered jsonb;
  headers text := import_people.list ->> 'header_set';
  asked bytea;
  fingerprint bytea;
  replayed jsonb;
  given private.import_row[];
  courses private.import_course[];
  known uuid[];
  chapters uuid[];
  with_status boolean;
  j private.import_judgement;
  answer jsonb;
  is_outdated boolean;
begin
  if is_service then
    perform set_config('mentorpause.command', 'import', true);
    mine := array(select c.id from public.chapters c);
  else
    caller := private.begin_command('import', import_people.request_id);
    mine := private.require_administrator(caller, import_people.chapter_id);
  end if;
  is_office := is_service or private.administers_organisation(caller);
  system := coalesce(private.judged_text('source', import_people.source, 100, false), 'import');
  if import_people.list is null or jsonb_typeof(import_people.list) <> 'object' then
    perform private.refuse('invalid_request', 'list', 'list is required.');
  end if;
  if headers !~ '^[0-9a-f]{64}$' then
    perform private.refuse('invalid_request', 'list', 'header_set must be 64 hexadecimal digits.');
  end if;
  asked := sha256(convert_to(jsonb_build_array(import_people.list, system, import_people.chapter_id)::text, 'UTF8'));
  if import_people.preview is not null and not is_service then
    fingerprint := private.fingerprint('import', jsonb_build_array(encode(asked, 'hex'), import_people.preview));
    replayed := private.replay_command(caller, mine, import_people.request_id, fingerprint);
    if replayed is not null then
      return replayed;
    end if;
  end if;

  mapping := private.read_import_mapping(import_people.list);
  if mapping is null and headers is not null then
    select m.mapping into remembered
    from private.import_mappings m
    where m.header_set = headers and m.chapter_id = any (case when import_people.chapter_id is null then mine else array[import_people.chapter_id] end)
    order by m.saved_at desc, m.chapter_id
    limit 1;
    if found and remembered <> '{}' then
      perform set_config('mentorpause.command', '', true);
      return jsonb_build_object('remembered', remembered);
    end if;
  end if;
  given := private.read_import_rows(import_people.list);
  courses := private.read_import_courses(import_people.list);
  -- Whoever administers one chapter need not name it.
  if target is null and cardinality(mine) = 1 then
    target := mine[1];
  end if;

  if import_people.preview is null then
    j := private.judge_import(given, courses, target, system, mine, is_office, clock_timestamp());
    perform set_config('mentorpause.command', '', true);
    return private.import_answer(j, true, asked, caller);
  end if;

  -- Who registers or changes an address waits from here on, so that who is known stays so.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.contacts', 0));
  known := array(select p.id from unnest(private.import_people_known(given, system)) p where p.standing <> 'new');
  chapters := array(
    select c.id from public.chapters c
    where c.id = target or c.id = any (mine) and private.name_key(c.name) in (
      select private.name_key(n.chapter) from (select distinct r.chapter from unnest(given) r where r.chapter is not null) n)
    order by c.id
    for share);
  with_status := cardinality(known) <= private.most_status_changes();
  perform private.lock_people(known, array(
    select distinct m.user_id from public.chapter_memberships m
    where m.role = 'coordinator' and m.chapter_id = any (chapters)
      and exists (select from unnest(given) r where r.coordinator is not null)), with_status);
  if not is_service then
    mine := private.require_administrator(caller, import_people.chapter_id);
    is_office := private.administers_organisation(caller);
  end if;

  j := private.judge_import(given, courses, target, system, mine, is_office, clock_timestamp());
  answer := private.import_answer(j, false, asked, caller);
  is_outdated := answer ->> 'preview' <> import_people.preview
    -- Two profiles have just been joined.
    or exists (
      select from unnest(j.people) p
      where p.standing <> 'new' and not exists (select from unnest(known) k where k = p.id));
  if not is_outdated then
    begin
      perform private.write_import(j, system, caller, with_status);
    exception when unique_violation or exclusion_violation then
      -- Another system has just written it; that needs no lock of ours.
      is_outdated := true;
    end;
  end if;
  if is_outdated then
    perform private.refuse('preview_outdated');
  end if;
  insert into private.imports (list, source, actor_id, counts) values (asked, system, caller, answer -> 'counts');
  if mapping is not null and headers is not null then
    insert into private.import_mappings as m (chapter_id, header_set, mapping)
    select c, headers, mapping
    from unnest(j.chapter_ids || target) c where c is not null
    group by c
    order by c
    on conflict on constraint import_mappings_pkey do update set mapping = excluded.mapping, saved_at = excluded.saved_at;
  end if;
  if is_service then
    perform set_config('mentorpause.command', '', true);
    return answer;
  end if;
  return private.finish_command(caller, import_people.request_id, fingerprint, null, answer);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."import_people"(jsonb, uuid, text, text, uuid) TO "authenticated", "service_role";

COMMENT ON FUNCTION "private"."import_people"(jsonb, uuid, text, text, uuid) IS 'Behind public.import_people. Definer, because nobody may write the tables directly; checks the caller itself, and the role for service_role.';

REVOKE ALL ON FUNCTION "private"."import_people"(jsonb, uuid, text, text, uuid) FROM PUBLIC;
