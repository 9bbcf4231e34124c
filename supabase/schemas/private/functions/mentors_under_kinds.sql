CREATE OR REPLACE FUNCTION private.mentors_under_kinds (
  required text[],
  replaced text[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  -- What this kind replaces has another successor now.
  held text[] := array(
    select distinct c.kind from private.certification_kind_covers c where c.covered_by = any (mentors_under_kinds.replaced));
  lacked text[] := mentors_under_kinds.required || array(
    select distinct v.code from private.certification_kind_versions v where v.is_required and v.code = any (held));
  today date := private.today();
begin
  return array(
    select c.mentor_id
    from public.certifications c
    where c.kind = any (held)
    union
    select m.user_id
    from public.chapter_memberships m
    cross join unnest(lacked) l (kind)
    where m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
      and not exists (
        select from public.certifications c where c.mentor_id = m.user_id and c.kind = l.kind and c.issued_on <= today)
    order by 1);
end
$function$;

COMMENT ON FUNCTION "private"."mentors_under_kinds"(text[], text[]) IS 'The mentors, by id, whose certification fact may have changed when it was saved which kinds are required, and what replaces which.';

REVOKE ALL ON FUNCTION "private"."mentors_under_kinds"(text[], text[]) FROM PUBLIC;
