CREATE OR REPLACE FUNCTION private.person_as_json (
  person_id   uuid,
  chapter_ids uuid[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
begin
  return (
    select jsonb_build_object('id', p.id, 'display_name', p.display_name, 'locale', p.locale, 'email', c.email, 'phone', c.phone,
      'has_login', exists (select from auth.users u where u.id = p.id),
      'memberships', coalesce((
        select jsonb_agg(to_jsonb(m) order by m.started_at, m.id) from public.chapter_memberships m
        where m.user_id = p.id and m.chapter_id = any (person_as_json.chapter_ids)), '[]'),
      'external_ids', coalesce((
        select jsonb_agg(jsonb_build_object('source', x.source, 'external_id', x.external_id) order by x.source, x.external_id)
        from public.external_ids x where x.person_id = p.id), '[]'))
    from public.profiles p
    left join public.contacts c on c.person_id = p.id
    where p.id = person_as_json.person_id);
end
$function$;

COMMENT ON FUNCTION "private"."person_as_json"(uuid, uuid[]) IS 'A person as the commands answer, with the memberships in these chapters only.';

REVOKE ALL ON FUNCTION "private"."person_as_json"(uuid, uuid[]) FROM PUBLIC;
