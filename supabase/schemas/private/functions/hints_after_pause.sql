CREATE OR REPLACE FUNCTION private.hints_after_pause (
  mentor_id uuid,
  paused_at timestamp with time zone,
  as_of     date
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  away_since date := private.date_of(hints_after_pause.paused_at);
begin
  -- Most kinds never ask again, and no certification has to be looked for.
  if not exists (
    select from public.certification_kinds k
    where away_since + make_interval(months => k.due_after_months_away) <= hints_after_pause.as_of
  ) then
    return '[]'::jsonb;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('code', 'certification_due', 'kind', k.code) order by k.code), '[]')
    from public.certification_kinds k
    where away_since + make_interval(months => k.due_after_months_away) <= hints_after_pause.as_of
      -- Unless it was renewed while they were away.
      and not exists (
        select from public.certifications c
        where c.mentor_id = hints_after_pause.mentor_id and c.kind = k.code and c.issued_on > away_since)
  );
end
$function$;

COMMENT ON FUNCTION "private"."hints_after_pause"(uuid, timestamp with time zone, date) IS 'What a coordinator is reminded of when a mentor returns: kinds of certification that are asked for again after so many months away.';

REVOKE ALL ON FUNCTION "private"."hints_after_pause"(uuid, timestamp WITH time zone, date) FROM PUBLIC;
