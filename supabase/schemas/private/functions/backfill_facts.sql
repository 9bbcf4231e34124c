CREATE OR REPLACE FUNCTION private.backfill_facts()
  RETURNS bigint
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  moment constant timestamptz := private.fact_moment();
  added bigint := 0;
  more bigint;
begin
  insert into private.membership_versions (mentor_id, chapter_id, id, started_at, ended_at, recorded_at, command)
  select m.user_id, m.chapter_id, m.id, m.started_at, m.ended_at, moment, 'backfill'
  from public.chapter_memberships m
  where m.role = 'mentor'
    and not exists (
      select from private.membership_versions v
      where v.mentor_id = m.user_id and v.chapter_id = m.chapter_id and v.id = m.id and v.superseded_at = 'infinity');
  get diagnostics more = row_count;
  added := added + more;
  insert into private.certification_versions (mentor_id, kind, id, issued_on, expires_on, recorded_at, command)
  select c.mentor_id, c.kind, c.id, c.issued_on, c.expires_on, moment, 'backfill'
  from public.certifications c
  where not exists (
    select from private.certification_versions v
    where v.mentor_id = c.mentor_id and v.kind = c.kind and v.id = c.id and v.superseded_at = 'infinity');
  get diagnostics more = row_count;
  added := added + more;
  insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, command)
  select r.mentor_id, r.id, r.paused_at, r.reactivated_at, moment, 'backfill'
  from public.pause_records r
  where r.paused_at is not null
    and not exists (select from private.recorded_pauses v where v.mentor_id = r.mentor_id and v.id = r.id);
  get diagnostics more = row_count;
  added := added + more;
  insert into private.plan_versions (mentor_id, id, starts_on, planned_at, recorded_at, command)
  select q.mentor_id, q.id, q.starts_on, q.created_at, moment, 'backfill'
  from public.planned_pauses q
  where not exists (
    select from private.plan_versions v
    where v.mentor_id = q.mentor_id and v.id = q.id and v.superseded_at = 'infinity');
  get diagnostics more = row_count;
  added := added + more;
  insert into private.kind_versions (id, code, from_day, is_required, replaced_by, recorded_at, command)
  select k.id, k.code, k.from_day, k.is_required, k.replaced_by, moment, 'backfill'
  from private.certification_kind_versions k
  where not exists (select from private.kind_versions v where v.id = k.id and v.superseded_at = 'infinity');
  get diagnostics more = row_count;
  added := added + more;
  insert into private.identity_versions (person_id, was_erased, kept_id, recorded_at, command)
  select i.person_id, i.kept_id is null, i.kept_id, moment, 'backfill'
  from (
    select distinct e.person_id, null::uuid as kept_id from public.erasures e
    union all
    select m.dropped_id, m.kept_id from private.merged_people m
  ) i
  where not exists (
    select from private.identity_versions v where v.person_id = i.person_id and v.was_erased = (i.kept_id is null));
  get diagnostics more = row_count;
  return added + more;
end
$function$;

COMMENT ON FUNCTION "private"."backfill_facts"() IS 'Records as known from now on, by the command backfill, whatever is in the tables and is not known yet; returns how many rows. For the role postgres.';

REVOKE ALL ON FUNCTION "private"."backfill_facts"() FROM PUBLIC;
