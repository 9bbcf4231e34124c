-- Issued reports: stored with the moment as of which they were made, the rules in words and
-- the SHA-256 of a canonical manifest, which names those of its parts, one for each
-- chapter. They hold ids, days, statuses and counts, no name, so they outlive an erasure.
-- A comparison says what differs from what is known now, and which facts explain it.

create table public.period_reports (
  id uuid not null default gen_random_uuid(),
  from_date date not null,
  to_date date not null,
  chapter_ids uuid[] not null,
  issued_at timestamptz not null,
  issued_by uuid not null,
  as_known_at timestamptz not null,
  time_zone text not null,
  rule_version text not null,
  rules text not null,
  sha256 text not null,
  manifest text collate "C" not null,
  constraint period_reports_pkey primary key (id),
  constraint period_reports_ends_after_start check (to_date >= from_date),
  constraint period_reports_sha256_is_the_manifests check (sha256 = encode(sha256(convert_to(manifest, 'UTF8')), 'hex'))
);
alter table public.period_reports enable row level security;
revoke all on table public.period_reports from public, anon, authenticated, service_role;
grant select on table public.period_reports to authenticated, service_role;

comment on table public.period_reports is 'Append-only: reports that were issued. Read by whoever administers every chapter in them.';
comment on column public.period_reports.chapter_ids is 'Sorted.';
comment on column public.period_reports.as_known_at is 'The moment as of which it says what was known.';
comment on column public.period_reports.time_zone is 'The organisation''s when it was issued: in which its days begin and end.';
comment on column public.period_reports.rules is 'The rules by which it was made, in words: those of rule_version.';
comment on column public.period_reports.sha256 is 'Of the bytes of manifest, in lower-case hexadecimal digits.';
comment on column public.period_reports.manifest is 'The canonical form (RFC 8785): the numbers, and the SHA-256 of each chapter''s part.';

create policy select_administered on public.period_reports
  for select to authenticated
  using (
    (select private.is_organisation_administrator())
    or chapter_ids <@ (select private.my_administered_chapter_ids())::uuid[]
  );

create table private.period_report_parts (
  report_id uuid not null,
  chapter_id uuid not null,
  content text collate "C" not null,
  constraint period_report_parts_pkey primary key (report_id, chapter_id),
  constraint period_report_parts_report_exists foreign key (report_id) references public.period_reports (id) on delete restrict
);
alter table private.period_report_parts enable row level security;
revoke all on table private.period_report_parts from public, anon, authenticated, service_role;

comment on table private.period_report_parts is 'Append-only: the part of each chapter of an issued report, in canonical form: its numbers, and the stretches of each mentor.';

create trigger period_reports_refuse_insert
  before insert on public.period_reports
  for each statement when (pg_trigger_depth() = 0)
  execute function private.refuse_direct_write('private.issue_period_report(', 'Reports are issued by public.issue_period_report().');
create trigger period_report_parts_refuse_insert
  before insert on private.period_report_parts
  for each statement when (pg_trigger_depth() = 0)
  execute function private.refuse_direct_write('private.issue_period_report(', 'Reports are issued by public.issue_period_report().');
create trigger period_reports_refuse_change
  before update or delete or truncate on public.period_reports
  for each statement execute function private.refuse_removal('An issued report stays; issue another one.');
create trigger period_report_parts_refuse_change
  before update or delete or truncate on private.period_report_parts
  for each statement execute function private.refuse_removal('An issued report stays; issue another one.');

create function private.report_rules(rule_version text) returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select case rule_version when '1' then
'A day counts as it ended, in the organisation''s time zone. A membership counts from the date on which it began until the day before the date on which it ended.
On a day of membership the status is expired_cert when for some kind of certification that the mentor holds the last day of the furthest-reaching one is past, or a kind that is required is lacking; else paused, when a coordinator paused the mentor on that day or before and the mentor has not returned, or a planned pause has begun; else active.
A certification counts from its issue through the whole of its last day; a valid successor counts for the kind that it replaces. A pause ends when the mentor returns, or leaves every chapter.
Certified means active with at least one valid certification.
registered: a mentor of the chapter, in total of one of the chapters, on the first day, the last day, or any day. active and certified: on any day of the period, on its last, or on every one of its days. days: days of mentors; in total a mentor in two chapters counts once. joined and left: mentors who were in the chapter on a day of the period and not on the day before, or the other way round. moved: mentors who from one day to the next left one chapter of the report and joined another.' end
$$;
revoke all on function private.report_rules(text) from public, anon, authenticated, service_role;

comment on function private.report_rules(text) is 'The rules of a version, in words; null for one that is unknown.';

-- RFC 8785: keys sorted, no white space, integers only. All keys are of ASCII.
create function private.canonical_object(members jsonb, raw jsonb default '{}') returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select '{' || string_agg(to_json(m.key) || ':' || m.value, ',' order by m.key collate "C") || '}'
  from (
    select e.key, e.value::text as value from jsonb_each(canonical_object.members) e
    union all
    select r.key, r.value from jsonb_each_text(canonical_object.raw) r
  ) m
$$;
revoke all on function private.canonical_object(jsonb, jsonb) from public, anon, authenticated, service_role;

comment on function private.canonical_object(jsonb, jsonb) is
  'An object in canonical form: of members numbers and texts of ASCII, of raw what is in that form already.';

create function private.canonical_moment(moment timestamptz) returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$ select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;
revoke all on function private.canonical_moment(timestamptz) from public, anon, authenticated, service_role;

comment on function private.canonical_moment(timestamptz) is 'A moment as a canonical form writes it, in UTC with microseconds.';

create function private.issue_period_report(from_date date, to_date date, chapter_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off set work_mem = '64MB'
as $$
declare
  caller uuid := private.begin_command('issue_period_report', issue_period_report.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('issue_period_report',
    jsonb_build_array(issue_period_report.from_date, issue_period_report.to_date, issue_period_report.chapter_id));
  replayed jsonb;
  chapters uuid[];
  period datemultirange;
  moment timestamptz;
  mentors uuid[];
  numbers record;
  part_ids uuid[];
  parts text[];
  issued public.period_reports;
begin
  chapters := private.report_chapters(caller, issue_period_report.chapter_id, true);
  replayed := private.replay_command(caller, mine, issue_period_report.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.judged_period(issue_period_report.from_date, issue_period_report.to_date);
  period := datemultirange(daterange(issue_period_report.from_date, issue_period_report.to_date, '[]'));

  -- What is being recorded meanwhile is waited for, and belongs to the report.
  moment := private.known_moment(null, waits => true);
  mentors := private.report_mentors(chapters, moment);
  numbers := private.report_numbers_of(issue_period_report.from_date, issue_period_report.to_date, chapters, moment, mentors);

  issued.id := gen_random_uuid();
  issued.from_date := issue_period_report.from_date;
  issued.to_date := issue_period_report.to_date;
  issued.chapter_ids := chapters;
  issued.issued_by := caller;
  issued.as_known_at := moment;
  issued.time_zone := (select private.agreed_zone(s.time_zone) from private.settings s);
  issued.rule_version := private.rule_version();
  issued.rules := private.report_rules(issued.rule_version);

  execute replace($query$
    with listed as (
      select s.chapter_ids[1] as chapter_id, s.mentor_id, string_agg('{"certified":' || s.certified || ',"from":"' || to_char(s.from_on, 'YYYY-MM-DD')
        || '","status":"' || s.status || '","to":"' || to_char(s.until_on, 'YYYY-MM-DD') || '"}', ',' order by s.from_on) as stretches
      from ( /* stretches */ ) s
      group by s.chapter_ids, s.mentor_id
    ), lists as (
      select l.chapter_id,
        '[' || string_agg('{"mentor_id":"' || l.mentor_id || '","stretches":[' || l.stretches || ']}', ',' order by l.mentor_id) || ']' as mentors
      from listed l
      group by l.chapter_id
    )
    select array_agg(c.chapter_id order by c.chapter_id), array_agg(private.canonical_object(
        ($6 -> c.chapter_id::text) || jsonb_build_object('chapter_id', c.chapter_id, 'from', lower($5), 'to', upper($5) - 1),
        jsonb_build_object('mentors', coalesce(l.mentors, '[]'))) order by c.chapter_id)
    from unnest($7) c (chapter_id)
    left join lists l on l.chapter_id = c.chapter_id $query$,
    '/* stretches */', private.stretches_query(
      'select d.mentor_id, array[u.chapter_id] as chapter_ids, array[u.days] as chapter_days, d.lapsed, d.away, d.valid from ('
        || private.report_days(mentors is not null, private.kinds_had_rules(moment))
        || ') d cross join lateral unnest(d.chapter_ids, d.chapter_days) u (chapter_id, days) where u.days && $5',
      '$5'))
  into part_ids, parts
  using moment, issued.time_zone, mentors, chapters, period, numbers.chapters, chapters;

  issued.manifest := private.canonical_object(
    jsonb_build_object('as_known_at', private.canonical_moment(moment), 'from', issued.from_date, 'to', issued.to_date,
      'rule_version', issued.rule_version),
    jsonb_build_object(
      'total', private.canonical_object(numbers.total),
      'chapters', '[' || (
        select string_agg(private.canonical_object((numbers.chapters -> u.chapter_id::text)
          || jsonb_build_object('chapter_id', u.chapter_id, 'sha256', encode(sha256(convert_to(u.content, 'UTF8')), 'hex'))), ',' order by u.chapter_id)
        from unnest(part_ids, parts) u (chapter_id, content)) || ']'));
  issued.sha256 := encode(sha256(convert_to(issued.manifest, 'UTF8')), 'hex');
  issued.issued_at := clock_timestamp();
  insert into public.period_reports select issued.*;
  insert into private.period_report_parts (report_id, chapter_id, content)
  select issued.id, u.chapter_id, u.content from unnest(part_ids, parts) u (chapter_id, content);

  return private.finish_command(caller, issue_period_report.request_id, fingerprint, null,
    jsonb_build_object('period_report', private.issued_as_json(issued)));
end
$$;
revoke all on function private.issue_period_report(date, date, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.issue_period_report(date, date, uuid, uuid) to authenticated;

comment on function private.issue_period_report(date, date, uuid, uuid) is
  'Behind public.issue_period_report. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.issued_as_json(issued public.period_reports) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
  select jsonb_build_object('id', issued.id, 'issued_at', issued.issued_at, 'issued_by', issued.issued_by,
    'as_known_at', issued.as_known_at, 'rule_version', issued.rule_version, 'sha256', issued.sha256)
$$;
revoke all on function private.issued_as_json(public.period_reports) from public, anon, authenticated, service_role;

comment on function private.issued_as_json(public.period_reports) is 'An issued report as the RPCs name it.';

create function private.readable_report(report_id uuid) returns public.period_reports
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.my_id();
  mine uuid[];
  issued public.period_reports;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  mine := private.require_administrator(caller);
  if readable_report.report_id is null then
    perform private.refuse('invalid_request', 'report_id', 'report_id is required.');
  end if;
  select r.* into issued from public.period_reports r where r.id = readable_report.report_id and r.chapter_ids <@ mine;
  if not found then
    perform private.refuse('not_found');
  end if;
  return issued;
end
$$;
revoke all on function private.readable_report(uuid) from public, anon, authenticated, service_role;

comment on function private.readable_report(uuid) is
  'An issued report, for whoever administers every chapter in it. Refuses with unauthenticated, not_an_administrator, invalid_request, not_found.';

-- What was issued is read as it was stored. No rule judges it a second time, so neither
-- another time zone nor a rule that was corrected since makes it say anything else.
create function private.issued_days(report_id uuid) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return replace($query$
    select c.mentor_id, array_agg(c.chapter_id order by c.chapter_id) as chapter_ids, array_agg(c.days order by c.chapter_id) as chapter_days,
      range_agg(c.valid) as valid, range_agg(c.lapsed) as lapsed, range_agg(c.away) as away, range_agg(c.days) as mine
    from (
      select (m ->> 'mentor_id')::uuid as mentor_id, p.chapter_id, range_agg(s.days) as days,
        coalesce(range_agg(s.days) filter (where s.certified), '{}') as valid,
        coalesce(range_agg(s.days) filter (where s.status = 'expired_cert'), '{}') as lapsed,
        coalesce(range_agg(s.days) filter (where s.status = 'paused'), '{}') as away
      from private.period_report_parts p
      cross join lateral jsonb_array_elements(p.content::jsonb -> 'mentors') m
      cross join lateral (
        select daterange((e ->> 'from')::date, (e ->> 'to')::date, '[]') as days, e ->> 'status' as status, (e ->> 'certified')::boolean as certified
        from jsonb_array_elements(m -> 'stretches') e
      ) s
      where p.report_id = /* report */
      group by m ->> 'mentor_id', p.chapter_id
    ) c
    group by c.mentor_id$query$,
    '/* report */', quote_literal(issued_days.report_id));
end
$$;
revoke all on function private.issued_days(uuid) from public, anon, authenticated, service_role;

comment on function private.issued_days(uuid) is
  'The query for the days of the mentors of an issued report as its parts have them, in the columns of private.report_days().';

create function private.issued_period_report(report_id uuid, part text, detail text, sample integer, seed bigint) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  issued public.period_reports := private.readable_report(issued_period_report.report_id);
  parts text := coalesce(issued_period_report.detail, case when issued_period_report.sample is null then 'mentors' else 'sample' end);
  manifest constant jsonb := issued.manifest::jsonb;
  days constant text := private.issued_days(issued.id);
  content text;
  answer jsonb;
begin
  if issued_period_report.part = 'manifest' then
    return jsonb_build_object('content', issued.manifest);
  elsif issued_period_report.part is not null then
    select p.content into content
    from private.period_report_parts p
    where p.report_id = issued.id and p.chapter_id::text = lower(issued_period_report.part);
    if not found then
      perform private.refuse('not_found');
    end if;
    return jsonb_build_object('content', content);
  end if;
  if parts not in ('summary', 'months', 'mentors', 'sample') then
    perform private.refuse('invalid_request', 'detail', 'detail must be summary, months, mentors or sample.');
  end if;
  if issued_period_report.sample not between 1 and 200 then
    perform private.refuse('invalid_request', 'sample', 'sample must be a number from 1 to 200.');
  end if;
  answer := private.issued_as_json(issued) || jsonb_build_object(
    'issued_by_name', private.name_of_recorder(issued.issued_by),
    'from', issued.from_date, 'to', issued.to_date, 'requested_known_at', null, 'behind_writer', false,
    'chapters', (
      select coalesce(jsonb_agg(n - 'sha256' || jsonb_build_object('name', c.name) order by c.name, c.id), '[]')
      from jsonb_array_elements(manifest -> 'chapters') n
      join public.chapters c on c.id = (n ->> 'chapter_id')::uuid),
    'total', manifest -> 'total');
  if parts = 'summary' then
    return answer;
  elsif parts = 'months' then
    return answer || jsonb_build_object('months', private.report_months(issued.from_date, issued.to_date,
      issued.chapter_ids, issued.as_known_at, null, days, issued.time_zone));
  end if;
  -- What the days rest on is in no part; it is looked up among what was known then.
  return answer || jsonb_build_object(case parts when 'sample' then 'sample' else 'mentors' end,
    private.report_people(issued.from_date, issued.to_date, issued.chapter_ids, issued.as_known_at, null, days, issued.time_zone,
      parts, coalesce(issued_period_report.sample, 20), coalesce(issued_period_report.seed, 1)));
end
$$;
revoke all on function private.issued_period_report(uuid, text, text, integer, bigint) from public, anon, authenticated, service_role;
grant execute on function private.issued_period_report(uuid, text, text, integer, bigint) to authenticated;

comment on function private.issued_period_report(uuid, text, text, integer, bigint) is
  'Behind public.issued_period_report: numbers of the manifest and days of the parts; names, and what the days rest on, are joined. Definer, because nobody reads the parts directly; checks the caller itself.';

-- The policy of public.period_reports says the same; the pages need the key of the cursors.
create index period_reports_by_moment on public.period_reports (issued_at desc, id desc);
comment on index public.period_reports_by_moment is 'The list of issued reports, newest first, page by page.';

create function private.issued_reports_page(page_limit integer, page_cursor text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off
as $$
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
$$;
revoke all on function private.issued_reports_page(integer, text) from public, anon, authenticated, service_role;
grant execute on function private.issued_reports_page(integer, text) to authenticated;

comment on function private.issued_reports_page(integer, text) is
  'Behind public.issued_reports_page. Definer, to share the key of the cursors; shows what the caller administers as a whole.';

create type private.mentor_stretches as (mentor_id uuid, stretches jsonb);

-- The stretches of some mentors, as known at a moment, or with the facts of some rows and
-- of the kinds as they were known before.
create function private.stretches_of(
  mentor_ids uuid[], issued public.period_reports, as_known_at timestamptz,
  reverted uuid[] default '{}', kinds_known_at timestamptz default null
)
returns setof private.mentor_stretches
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
declare
  kinds_at timestamptz := coalesce(stretches_of.kinds_known_at, stretches_of.as_known_at);
begin
  return query execute replace($query$
    select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
      'chapter_ids', to_jsonb(s.chapter_ids)) order by s.from_on)
    from ( /* stretches */ ) s
    group by s.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select k.* from (' || private.known_days_query(true, private.kinds_had_rules(kinds_at), true) || ') k where k.chapter_ids is not null',
      '$8'))
  using stretches_of.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s), stretches_of.mentor_ids,
    issued.chapter_ids, stretches_of.reverted, issued.as_known_at, kinds_at,
    datemultirange(daterange(issued.from_date, issued.to_date, '[]'));
end
$$;
revoke all on function private.stretches_of(uuid[], public.period_reports, timestamptz, uuid[], timestamptz) from public, anon, authenticated, service_role;

comment on function private.stretches_of(uuid[], public.period_reports, timestamptz, uuid[], timestamptz) is
  'The stretches of mentors in the chapters and the period of an issued report, if they have any. reverted: the ids of rows whose facts are taken as known when it was issued.';

create function private.issued_stretches(issued public.period_reports, mentor_ids uuid[])
returns setof private.mentor_stretches
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
begin
  return query execute replace($query$
    select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
      'chapter_ids', to_jsonb(s.chapter_ids)) order by s.from_on)
    from ( /* stretches */ ) s
    group by s.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select d.* from (' || private.issued_days(issued.id) || ') d where d.mentor_id = any ($1)', '$2'))
  using issued_stretches.mentor_ids, datemultirange(daterange(issued.from_date, issued.to_date, '[]'));
end
$$;
revoke all on function private.issued_stretches(public.period_reports, uuid[]) from public, anon, authenticated, service_role;

comment on function private.issued_stretches(public.period_reports, uuid[]) is
  'The stretches of mentors as an issued report has them.';

-- One row for each change of a row since.
create function private.facts_since(mentor_id uuid, since timestamptz, until timestamptz)
returns table (id uuid, table_name text, recorded_at timestamptz, recorded_by uuid, command text, before jsonb, after jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off
as $$
begin
  return query
    with versions as (
      select v.id, 'chapter_memberships' as table_name, v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'chapter_id', v.chapter_id, 'started_at', v.started_at, 'ended_at', v.ended_at) as content
      from private.membership_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'certifications', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'kind', v.kind, 'issued_on', v.issued_on, 'expires_on', v.expires_on)
      from private.certification_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'pause_records', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'paused_at', v.paused_at, 'reactivated_at', v.ended_at)
      from private.pause_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'planned_pauses', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'starts_on', v.starts_on)
      from private.plan_versions v where v.mentor_id = facts_since.mentor_id
    ), shown as (
      select v.* from versions v where v.superseded_at > v.recorded_at
    )
    -- What came, perhaps in the place of something; and what went, for nothing.
    select n.id, n.table_name, n.recorded_at, n.recorded_by, n.command, o.content, n.content
    from shown n
    left join shown o on o.id = n.id and o.table_name = n.table_name and o.superseded_at = n.recorded_at
    where n.recorded_at > facts_since.since and n.recorded_at <= facts_since.until
    union all
    select o.id, o.table_name, o.superseded_at, o.superseded_by, o.superseded_command, o.content, null
    from shown o
    where o.superseded_at > facts_since.since and o.superseded_at <= facts_since.until
      and not exists (select from shown n where n.id = o.id and n.table_name = o.table_name and n.recorded_at = o.superseded_at);
end
$$;
revoke all on function private.facts_since(uuid, timestamptz, timestamptz) from public, anon, authenticated, service_role;

comment on function private.facts_since(uuid, timestamptz, timestamptz) is
  'What was recorded of a mentor between two moments, with what was known before and after.';

create function private.explaining_facts(
  mentor_id uuid, issued public.period_reports, as_known_at timestamptz, then_stretches jsonb, now_stretches jsonb
) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off
as $$
declare
  changed uuid[] := array(
    select distinct f.id from private.facts_since(explaining_facts.mentor_id, issued.as_known_at, explaining_facts.as_known_at) f);
  deciding uuid[];
  kinds_changed boolean := exists (
    select from private.kind_versions v
    where v.recorded_at > issued.as_known_at and v.recorded_at <= explaining_facts.as_known_at
      or v.superseded_at > issued.as_known_at and v.superseded_at <= explaining_facts.as_known_at);
  by_kinds boolean;
begin
  -- Without which a day would be other than it is now.
  deciding := array(
    select c from unnest(changed) c
    where (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, array[c]) s)
      is distinct from explaining_facts.now_stretches);
  by_kinds := kinds_changed and (
    select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, '{}', issued.as_known_at) s)
    is distinct from explaining_facts.now_stretches;
  -- Where several say the same, none of them is missed by itself: so also those that alone
  -- make a difference, and if that is not enough, all.
  if (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, deciding,
      case when by_kinds then issued.as_known_at end) s) is distinct from explaining_facts.then_stretches then
    deciding := array(
      select c from unnest(changed) c
      where c = any (deciding)
        or (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at,
          array(select o from unnest(changed) o where o <> c), case when kinds_changed then issued.as_known_at end) s)
        is distinct from explaining_facts.then_stretches);
    if (select s.stretches from private.stretches_of(array[explaining_facts.mentor_id], issued, explaining_facts.as_known_at, deciding,
        case when by_kinds then issued.as_known_at end) s) is distinct from explaining_facts.then_stretches then
      deciding := changed;
      by_kinds := kinds_changed;
    end if;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('recorded_at', f.recorded_at, 'recorded_by', f.recorded_by,
      'recorded_by_name', private.name_of_recorder(f.recorded_by), 'command', f.command,
      'table', f.table_name, 'before', f.before, 'after', f.after) order by f.recorded_at, f.table_name, f.id), '[]')
    from (
      select s.* from private.facts_since(explaining_facts.mentor_id, issued.as_known_at, explaining_facts.as_known_at) s
      where s.id = any (deciding)
      union all
      select null, 'certification_kinds', v.recorded_at, v.recorded_by, v.command, null,
        jsonb_build_object('code', v.code, 'from_day', case when isfinite(v.from_day) then v.from_day end, 'is_required', v.is_required, 'replaced_by', v.replaced_by)
      from private.kind_versions v
      where by_kinds and v.recorded_at > issued.as_known_at and v.recorded_at <= explaining_facts.as_known_at and v.superseded_at > explaining_facts.as_known_at
      union all
      select null, 'certification_kinds', v.superseded_at, v.superseded_by, v.superseded_command,
        jsonb_build_object('code', v.code, 'from_day', case when isfinite(v.from_day) then v.from_day end, 'is_required', v.is_required, 'replaced_by', v.replaced_by), null
      from private.kind_versions v
      where by_kinds and v.recorded_at <= issued.as_known_at and v.superseded_at > issued.as_known_at and v.superseded_at <= explaining_facts.as_known_at
    ) f);
end
$$;
revoke all on function private.explaining_facts(uuid, public.period_reports, timestamptz, jsonb, jsonb) from public, anon, authenticated, service_role;

comment on function private.explaining_facts(uuid, public.period_reports, timestamptz, jsonb, jsonb) is
  'The facts recorded since a report was issued without which one of the mentor''s days would be other. Facts of one row go together.';

create function private.compare_period_report(report_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off set work_mem = '64MB'
as $$
declare
  issued public.period_reports := private.readable_report(compare_period_report.report_id);
  then_known constant jsonb := issued.manifest::jsonb;
  moment timestamptz := private.known_moment(null);
  zone constant text := (select private.agreed_zone(s.time_zone) from private.settings s);
  numbers record;
  changed uuid[];
begin
  numbers := private.report_numbers_of(issued.from_date, issued.to_date, issued.chapter_ids, moment, private.report_mentors(issued.chapter_ids, moment));
  -- By other rules, or in another zone, anybody's days may be others.
  if (zone, private.rule_version()) <> (issued.time_zone, issued.rule_version) or exists (
    select from private.kind_versions v
    where v.recorded_at > issued.as_known_at or v.superseded_at > issued.as_known_at and v.superseded_at < 'infinity'
  ) then
    changed := array(select distinct v.mentor_id from private.membership_versions v where v.chapter_id = any (issued.chapter_ids));
  else
    changed := array(
      select distinct c.mentor_id
      from (
        select v.mentor_id, v.recorded_at, v.superseded_at from private.membership_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.certification_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.pause_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.plan_versions v
      ) c
      where c.recorded_at > issued.as_known_at or c.superseded_at > issued.as_known_at and c.superseded_at < 'infinity');
  end if;

  return jsonb_build_object('id', issued.id,
    'issued', jsonb_build_object('as_known_at', issued.as_known_at, 'rule_version', issued.rule_version, 'time_zone', issued.time_zone),
    'now', jsonb_build_object('as_known_at', moment, 'rule_version', private.rule_version(), 'time_zone', zone),
    'numbers', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', n.chapter_id, 'number', n.number, 'issued', n.was, 'now', n.since)
        order by n.chapter_id nulls last, n.place), '[]')
      from (
        select c.chapter_id, u.number, u.place, (c.was ->> u.number)::bigint as was, (c.since ->> u.number)::bigint as since
        from (
          select (p ->> 'chapter_id')::uuid as chapter_id, p as was, numbers.chapters -> (p ->> 'chapter_id') as since
          from jsonb_array_elements(then_known -> 'chapters') p
          union all
          select null, then_known -> 'total', numbers.total
        ) c
        cross join unnest(private.report_numbers()) with ordinality u (number, place)
      ) n
      where n.was <> n.since),
    'mentors', (
      select coalesce(jsonb_agg(jsonb_build_object('mentor_id', m.mentor_id, 'display_name', p.display_name,
        'issued', coalesce(m.was, '[]'), 'now', coalesce(m.since, '[]'),
        'facts', private.explaining_facts(m.mentor_id, issued, moment, m.was, m.since)) order by p.display_name, m.mentor_id), '[]')
      from (
        select coalesce(o.mentor_id, n.mentor_id) as mentor_id, o.stretches as was, n.stretches as since
        from private.issued_stretches(issued, changed) o
        full join private.stretches_of(changed, issued, moment) n on n.mentor_id = o.mentor_id
      ) m
      join public.profiles p on p.id = m.mentor_id
      where m.was is distinct from m.since),
    'erased', (
      select coalesce(jsonb_agg(s.mentor_id order by s.mentor_id), '[]')
      from private.issued_stretches(issued, array(
        select v.person_id
        from private.identity_versions v
        where v.was_erased and v.recorded_at > issued.as_known_at and v.recorded_at <= moment)) s));
end
$$;
revoke all on function private.compare_period_report(uuid) from public, anon, authenticated, service_role;
grant execute on function private.compare_period_report(uuid) to authenticated;

comment on function private.compare_period_report(uuid) is
  'Behind public.compare_period_report. Definer, so that it rests on all facts; checks the caller itself.';

create function public.issue_period_report(
  from_date date default null, to_date date default null, chapter_id uuid default null, request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.issue_period_report(issue_period_report.from_date, issue_period_report.to_date,
    issue_period_report.chapter_id, issue_period_report.request_id);
end
$$;
revoke all on function public.issue_period_report(date, date, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.issue_period_report(date, date, uuid, uuid) to authenticated;

comment on function public.issue_period_report(date, date, uuid, uuid) is
  'Issues the report of a period, for administrators of all its chapters: stored with its checksum, for ever. Refuses with unauthenticated, not_an_administrator, chapter_not_found, invalid_request, request_in_progress, request_expired, idempotency_key_reused, database_unavailable.';

create function public.issued_period_report(
  report_id uuid default null, part text default null, detail text default null, sample integer default null, seed bigint default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.issued_period_report(issued_period_report.report_id, issued_period_report.part, issued_period_report.detail,
    issued_period_report.sample, issued_period_report.seed);
end
$$;
revoke all on function public.issued_period_report(uuid, text, text, integer, bigint) from public, anon, authenticated, service_role;
grant execute on function public.issued_period_report(uuid, text, text, integer, bigint) to authenticated;

comment on function public.issued_period_report(uuid, text, text, integer, bigint) is
  'An issued report, with names as they are now; with part, {"content"}: the text of its manifest, or of a chapter''s part, which the checksum covers. Refuses with unauthenticated, not_an_administrator, not_found, invalid_request.';

create function public.compare_period_report(report_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.compare_period_report(compare_period_report.report_id);
end
$$;
revoke all on function public.compare_period_report(uuid) from public, anon, authenticated, service_role;
grant execute on function public.compare_period_report(uuid) to authenticated;

comment on function public.compare_period_report(uuid) is
  'What differs between an issued report and what is known now, with the facts recorded since that explain it. Refuses with unauthenticated, not_an_administrator, not_found, invalid_request, database_unavailable.';

create function public.issued_reports_page(page_limit integer default null, page_cursor text default null) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.issued_reports_page(issued_reports_page.page_limit, issued_reports_page.page_cursor);
end
$$;
revoke all on function public.issued_reports_page(integer, text) from public, anon, authenticated, service_role;
grant execute on function public.issued_reports_page(integer, text) to authenticated;

comment on function public.issued_reports_page(integer, text) is
  'The issued reports of which the caller administers every chapter, newest first, in pages; and those chapters, about which the caller may issue one. Refuses with unauthenticated, not_an_administrator, invalid_request.';
