CREATE OR REPLACE FUNCTION private.organisation_page()
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.my_id();
  mine uuid[];
  administered uuid[];
  is_office boolean;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  mine := private.my_chapter_ids();
  administered := private.my_administered_chapter_ids();
  is_office := private.is_organisation_administrator();
  if mine = '{}' and not is_office then
    perform private.refuse('not_a_coordinator');
  end if;
  return jsonb_build_object(
    'is_organisation_administrator', is_office,
    'chapters', coalesce((
      select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'closed_at', c.closed_at,
        'last_day', private.date_of(c.closed_at) - 1, 'requests_take_effect', c.requests_take_effect,
        'is_administered', c.id = any (administered)) order by c.name collate "nb-x-icu", c.id)
      from public.chapters c
      where c.id = any (mine)), '[]'),
    'certification_kinds', coalesce((
      select jsonb_agg(jsonb_build_object('code', k.code, 'name_nb', k.name_nb, 'name_nn', k.name_nn, 'name_en', k.name_en,
        'months_valid', k.months_valid, 'is_required', k.is_required, 'replaced_by', k.replaced_by,
        'due_after_months_away', k.due_after_months_away) order by k.name_nb collate "nb-x-icu", k.code)
      from public.certification_kinds k), '[]'),
    'administrators', case when is_office then coalesce((
      select jsonb_agg(jsonb_build_object('person_id', p.id, 'display_name', p.display_name, 'started_at', o.started_at)
        order by p.display_name, p.id)
      from public.organisation_administrators o
      join public.profiles p on p.id = o.user_id
      where o.ended_at is null or o.ended_at > statement_timestamp()), '[]') else '[]' end);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."organisation_page"() TO "authenticated";

COMMENT ON FUNCTION "private"."organisation_page"() IS 'Behind public.organisation_page. Definer, because kinds and administrators are not readable by everybody who asks; narrows the chapters to the caller''s itself.';

REVOKE ALL ON FUNCTION "private"."organisation_page"() FROM PUBLIC;
