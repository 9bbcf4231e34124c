-- What mentors ask for: a pause, another return date, the return. A coordinator answers,
-- or it takes effect at once where the chapters say so. Here is how they end by themselves;
-- the commands come later.

create table public.leave_requests (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  kind text not null,
  state text not null default 'open',
  reason text,
  starts_on date,
  expected_return_date date,
  answered_by uuid,
  answered_at timestamptz,
  message text,
  pause_record_id uuid,
  planned_pause_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  constraint leave_requests_pkey primary key (id),
  constraint leave_requests_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint leave_requests_kind_known check (kind in ('pause', 'change_return', 'return')),
  constraint leave_requests_state_known check (state in ('open', 'accepted', 'declined', 'withdrawn', 'settled')),
  constraint leave_requests_reason_length check (char_length(reason) between 1 and 500),
  constraint leave_requests_reason_visible check (private.is_visible(reason)),
  constraint leave_requests_message_length check (char_length(message) between 1 and 500),
  constraint leave_requests_message_visible check (private.is_visible(message)),
  constraint leave_requests_starts_on_possible check (starts_on between '1900-01-02' and '9999-12-29'),
  constraint leave_requests_expected_return_date_possible check (expected_return_date between '1900-01-01' and '9999-12-31'),
  constraint leave_requests_dates_of_kind check (
    (starts_on is null or kind = 'pause') and (expected_return_date is null or kind <> 'return')),
  constraint leave_requests_ends_after_start check (expected_return_date > starts_on),
  constraint leave_requests_open_is_unanswered check (
    case when state = 'open' then num_nonnulls(answered_by, answered_at, message, pause_record_id, planned_pause_id) = 0
      else answered_at is not null end),
  constraint leave_requests_answered_at_possible check (answered_at >= timestamptz '1899-12-31 23:00+00' and answered_at < timestamptz '10000-01-01 00:00+00'),
  constraint leave_requests_created_at_possible check (created_at >= timestamptz '1899-12-31 23:00+00' and created_at < timestamptz '10000-01-01 00:00+00')
);
create unique index leave_requests_one_open on public.leave_requests (mentor_id, kind) where state = 'open';
create index leave_requests_open on public.leave_requests (mentor_id, created_at, id) include (kind) where state = 'open';
create index leave_requests_open_by_return on public.leave_requests (expected_return_date)
  where state = 'open' and expected_return_date is not null;
-- A page begins anywhere in them, and costs the same wherever that is.
create index leave_requests_by_mentor on public.leave_requests (mentor_id, created_at, id);
create index leave_requests_by_state on public.leave_requests (state, created_at, id);
create index leave_requests_by_plan on public.leave_requests (planned_pause_id) where planned_pause_id is not null;
alter table public.leave_requests enable row level security;
revoke all on table public.leave_requests from public, anon, authenticated, service_role;
grant select on table public.leave_requests to authenticated, service_role;

comment on table public.leave_requests is
  'What mentors ask for, and what became of it. Written by the RPCs and the nightly run alone; nothing is deleted.';
comment on index public.leave_requests_one_open is 'A mentor has at most one open request of a kind.';
comment on index public.leave_requests_open is 'The roster counts open requests, and shows each mentor''s oldest, without reading the table.';
comment on index public.leave_requests_by_state is 'Pages over all chapters, newest first.';
comment on index public.leave_requests_open_by_return is 'The nightly run looks only at open requests whose return date has come.';
comment on column public.leave_requests.kind is
  'pause: a pause, from starts_on or from the acceptance · change_return: another expected return date · return: the end of the pause.';
comment on column public.leave_requests.state is
  'open: to be answered · accepted: the transition was made · declined, withdrawn: by the coordinator, by the mentor · settled: it became pointless.';
comment on column public.leave_requests.reason is
  'May be health data: for the mentor and those who manage them, never in a message, a log line or an export. Null: none was given.';
comment on column public.leave_requests.starts_on is 'The first day of the pause that is asked for; null: as soon as it is accepted.';
comment on column public.leave_requests.expected_return_date is
  'The return date that is asked for. Null: of a pause, open; of change_return, no date any more.';
comment on column public.leave_requests.answered_by is
  'Who answered, or the mentor who withdrew it. Null: nobody did, because it took effect at once or was settled.';
comment on column public.leave_requests.answered_at is 'When it ceased to be open, or was withdrawn after that; null while it is open.';
comment on column public.leave_requests.message is
  'What the coordinator answered. Protected like the reason, because it may speak of it.';
comment on column public.leave_requests.pause_record_id is 'The record that its acceptance began, changed or closed; null: none.';
comment on column public.leave_requests.planned_pause_id is 'The plan that its acceptance made, which may have become another one''s affair since; null: none.';

-- Open ones are like a live record: whole for whoever may manage the mentor now. What was
-- answered before the mentor came to the caller's chapters is not theirs to see.
create policy select_own_and_managed on public.leave_requests
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = leave_requests.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
        -- From before a return, it counts no more, though no night has closed it yet.
        and (leave_requests.state <> 'open' or m.started_at <= leave_requests.created_at
          or private.is_of_this_time(leave_requests.mentor_id, leave_requests.created_at))
    )
    and (
      state = 'open'
      or exists (
        select from public.chapter_memberships m
        where m.user_id = leave_requests.mentor_id
          and m.role = 'mentor'
          and m.started_at <= leave_requests.answered_at
          and (m.ended_at is null or m.ended_at >= leave_requests.answered_at)
          and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
      )
    )
  );

-- In the chapters of its mentor, so that a page of the requests of some chapters costs the
-- page, whatever others ask for. Who may see one is asked of what is found here.
create table private.request_places (
  id uuid not null,
  chapter_id uuid not null,
  state text not null,
  created_at timestamptz not null,
  constraint request_places_pkey primary key (id, chapter_id)
);
create index request_places_in_order on private.request_places (chapter_id, state, created_at, id);
alter table private.request_places enable row level security;
revoke all on table private.request_places from public, anon, authenticated, service_role;

comment on table private.request_places is
  'Read model: each request once more for each chapter in which its mentor has a membership that has not ended.';

create function private.place_requests(mentor_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  asked uuid[] := array(select l.id from public.leave_requests l where l.mentor_id = any (place_requests.mentor_ids));
begin
  if asked = '{}' then
    return;
  end if;
  delete from private.request_places p
  using public.leave_requests l
  where p.id = any (asked) and l.id = p.id
    and not exists (
      select from public.chapter_memberships m
      where m.user_id = l.mentor_id and m.role = 'mentor' and m.chapter_id = p.chapter_id
        and (m.ended_at is null or m.ended_at > clock_timestamp()));
  update private.request_places p
  set state = l.state, created_at = l.created_at
  from public.leave_requests l
  where p.id = any (asked) and l.id = p.id and (p.state, p.created_at) <> (l.state, l.created_at);
  insert into private.request_places (id, chapter_id, state, created_at)
  select distinct l.id, m.chapter_id, l.state, l.created_at
  from public.leave_requests l
  join public.chapter_memberships m on m.user_id = l.mentor_id
  where l.id = any (asked) and m.role = 'mentor' and (m.ended_at is null or m.ended_at > clock_timestamp())
    and not exists (select from private.request_places p where p.id = l.id and p.chapter_id = m.chapter_id);
end
$$;
revoke all on function private.place_requests(uuid[]) from public, anon, authenticated, service_role;

comment on function private.place_requests(uuid[]) is
  'Places the requests of these mentors, who are locked, in their chapters.';

create function private.guard_leave_request() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if new.id <> old.id or new.kind <> old.kind or new.created_at <> old.created_at
     or (new.starts_on, new.expected_return_date) is distinct from (old.starts_on, old.expected_return_date)
     or new.reason is not null and new.reason is distinct from old.reason then
    raise exception 'leave request % can''t change what it asks for', old.id
      using errcode = 'check_violation', constraint = 'leave_requests_asked_is_fixed',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  -- A mentor may still take back an accepted one; who answered changes hands with a joined
  -- profile, and texts go with an erased one.
  if old.state <> 'open' and (old.state, new.state) <> ('accepted', 'withdrawn')
     and (new.state <> old.state or new.answered_at <> old.answered_at
       or new.message is not null and new.message is distinct from old.message) then
    raise exception 'leave request % has been answered', old.id
      using errcode = 'restrict_violation', constraint = 'leave_requests_answered_is_final',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  return new;
end
$$;
revoke all on function private.guard_leave_request() from public, anon, authenticated, service_role;

comment on function private.guard_leave_request() is
  'Trigger: what was asked for is fixed (SQLSTATE 23514), and an answer is final, but for the withdrawal of an accepted request (23001).';

create trigger leave_requests_guard
  before update on public.leave_requests
  for each row execute function private.guard_leave_request();
create trigger leave_requests_refuse_removal
  before delete or truncate on public.leave_requests
  for each statement execute function private.refuse_removal('Requests are withdrawn or declined.');

create trigger leave_requests_refuse_erased_insert
  after insert on public.leave_requests referencing new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');
create trigger leave_requests_refuse_erased_update
  after update on public.leave_requests referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');

-- A request is pointless when it could not be made any more, or when what it asks for has
-- happened without it.
create function private.settle_leave_requests(mentor_ids uuid[], as_of date) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  asking uuid[] := array(
    select l.id from public.leave_requests l where l.mentor_id = any (settle_leave_requests.mentor_ids) and l.state = 'open');
begin
  if asking = '{}' then
    return;
  end if;
  update public.leave_requests l
  set state = 'settled', answered_at = greatest(clock_timestamp(), l.created_at)
  where l.id = any (array(
    select o.id
    from public.leave_requests o
    cross join lateral (
      select exists (
        select from private.mentor_times t
        where t.mentor_id = o.mentor_id
          and t.from_on <= settle_leave_requests.as_of and t.until_on > settle_leave_requests.as_of
          and not (t.is_return and t.from_on > private.date_of(o.created_at))) as is_there
      offset 0
    ) f
    left join lateral (
      select true as is_paused, r.expected_return_date from public.pause_records r
      where r.mentor_id = o.mentor_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
      union all
      -- A plan is a pause from its first day on.
      select true, q.expected_return_date from public.planned_pauses q
      where q.mentor_id = o.mentor_id and q.starts_on <= settle_leave_requests.as_of
      limit 1
    ) p on true
    where o.id = any (asking)
      and (
        not f.is_there
        or o.expected_return_date <= settle_leave_requests.as_of
        or case o.kind
          when 'pause' then p.is_paused
            or o.starts_on is not null and exists (select from public.planned_pauses q where q.mentor_id = o.mentor_id)
          when 'change_return' then p.is_paused is null or p.expected_return_date is not distinct from o.expected_return_date
          else p.is_paused is null end)));
end
$$;
revoke all on function private.settle_leave_requests(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.settle_leave_requests(uuid[], date) is
  'Settles the open requests of these mentors, who are held, that have become pointless by the date: for a pause of somebody who is paused, or has a plan instead; for a return, or another date, of somebody who is not, or for the date that there is; for a date that has come; and of whoever is a mentor no more.';

create function private.settle_planned_requests() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.settle_leave_requests(array(select n.mentor_id from new_rows n), private.today());
  return null;
end
$$;
revoke all on function private.settle_planned_requests() from public, anon, authenticated, service_role;

comment on function private.settle_planned_requests() is
  'Trigger: settles what a new plan makes pointless. Definer, because requests have no other writer.';

create trigger planned_pauses_settle_requests
  after insert on public.planned_pauses referencing new table as new_rows
  for each statement execute function private.settle_planned_requests();
