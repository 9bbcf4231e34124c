CREATE OR REPLACE FUNCTION private.issued_reports_page (
  page_limit  integer,
  page_cursor text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET jit TO 'off'
  AS $function$
declare
  caller uuid := private.my_id();
  mine uuid[];
  page integer := coalesce(issued_reports_page.page_limit, 50);
  filters text;
  place jsonb;
  key bytea;
  before_at timestamptz := timestamptz 'infinity';
  before_id uuid := uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  listed record;
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  mine := private.require_administrator(caller);
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('issued reports', caller)::text;
  if issued_reports_page.page_cursor <> '' then
    place := private.read_cursor(issued_reports_page.page_cursor, filters, key);
    before_at := (place ->> 0)::timestamptz;
    before_id := (place ->> 1)::uuid;
  end if;

  -- One more than the page, to know whether there is another.
  select count(*) > page as has_next,
    coalesce(jsonb_agg(i.shown order by i.issued_at desc, i.id desc) filter (where i.place <= page), '[]') as reports,
    max(i.issued_at) filter (where i.place = page) as last_at, (array_agg(i.id) filter (where i.place = page))[1] as last_id
  into listed
  from (
    select r.id, r.issued_at, row_number() over (order by r.issued_at desc, r.id desc) as place,
      private.issued_as_json(r) || jsonb_build_object('from', r.from_date, 'to', r.to_date,
        'issued_by_name', private.name_of_recorder(r.issued_by),
        'chapters', (
          select jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) order by c.name, c.id)
          from public.chapters c where c.id = any (r.chapter_ids))) as shown
    from public.period_reports r
    where r.chapter_ids <@ mine and (r.issued_at, r.id) < (before_at, before_id)
    order by r.issued_at desc, r.id desc
    limit page + 1
  ) i;
  if listed.has_next then
    next_cursor := private.write_cursor(jsonb_build_array(listed.last_at, listed.last_id), filters, key);
  end if;
  return jsonb_build_object('period_reports', listed.reports, 'next_cursor', next_cursor,
    'chapters', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) order by c.name, c.id), '[]')
      from public.chapters c where c.id = any (mine)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."issued_reports_page"(integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."issued_reports_page"(integer, text) IS 'Behind public.issued_reports_page. Definer, to share the key of the cursors; shows what the caller administers as a whole.';

REVOKE ALL ON FUNCTION "private"."issued_reports_page"(integer, text) FROM PUBLIC;
