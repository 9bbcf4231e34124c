-- Pauses that are entered before their first day. From that day on a plan is a pause for
-- every reader; whoever comes first then, the nightly run or an RPC that touches the
-- mentor, makes a pause record of it. A plan's row is there only while it is one: it is
-- deleted when it has begun or ended.

create table public.planned_pauses (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  starts_on date not null,
  pause_reason text,
  expected_return_date date,
  coordinator_id uuid,
  version integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint planned_pauses_pkey primary key (id),
  constraint planned_pauses_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint planned_pauses_one_per_mentor unique (mentor_id),
  constraint planned_pauses_reason_length check (char_length(pause_reason) between 1 and 500),
  constraint planned_pauses_reason_visible check (private.is_visible(pause_reason)),
  -- Its first midnight is a moment that can be stored, in any zone.
  constraint planned_pauses_starts_on_possible check (starts_on between '1900-01-02' and '9999-12-29'),
  constraint planned_pauses_expected_return_date_possible check (expected_return_date between '1900-01-01' and '9999-12-31'),
  constraint planned_pauses_ends_after_start check (expected_return_date > starts_on),
  constraint planned_pauses_version_positive check (version >= 1),
  constraint planned_pauses_created_at_possible check (created_at >= timestamptz '1899-12-31 23:00+00' and created_at < timestamptz '10000-01-01 00:00+00'),
  constraint planned_pauses_updated_at_possible check (updated_at >= timestamptz '1899-12-31 23:00+00' and updated_at < timestamptz '10000-01-01 00:00+00')
);
create index planned_pauses_by_start on public.planned_pauses (starts_on, mentor_id);
alter table public.planned_pauses enable row level security;
revoke all on table public.planned_pauses from public, anon, authenticated, service_role;
grant select on table public.planned_pauses to authenticated, service_role;

comment on table public.planned_pauses is
  'Pauses that are entered before their first day, at most one for each mentor. Written by the RPCs alone.';
comment on column public.planned_pauses.starts_on is 'The first day of the pause.';
comment on column public.planned_pauses.pause_reason is
  'May be health data: for the mentor and those who manage them, never in a message, a log line or an export. Null: none was given.';
comment on column public.planned_pauses.expected_return_date is 'When the mentor will be expected back; null: open.';
comment on column public.planned_pauses.coordinator_id is
  'Who last changed the plan, and will have begun the pause; null: the mentor, whose request took effect at once. Grants nothing.';
comment on column public.planned_pauses.version is 'Counts the changes of the plan, from 1.';
comment on column public.planned_pauses.created_at is 'A plan from before the mentor left every chapter counts no more.';
comment on index public.planned_pauses_by_start is 'The nightly run looks only at plans whose day has come.';

create policy select_own_and_managed on public.planned_pauses
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = planned_pauses.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
        -- From before a return, it counts no more, though no night has closed it yet.
        and (m.started_at <= planned_pauses.created_at
          or private.is_of_this_time(planned_pauses.mentor_id, planned_pauses.created_at))
    )
  );

create function private.guard_planned_pause() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' or new.starts_on <> old.starts_on then
    if new.starts_on <= private.today() then
      raise exception 'a planned pause begins after today'
        using errcode = 'check_violation', constraint = 'planned_pauses_lies_ahead',
          table = tg_table_name, schema = tg_table_schema;
    end if;
  end if;
  return new;
end
$$;
revoke all on function private.guard_planned_pause() from public, anon, authenticated, service_role;

comment on function private.guard_planned_pause() is
  'Trigger: a plan is entered, and moved, to a day that lies ahead (SQLSTATE 23514).';

create trigger planned_pauses_guard
  before insert or update on public.planned_pauses
  for each row execute function private.guard_planned_pause();

create trigger planned_pauses_refuse_erased_insert
  after insert on public.planned_pauses referencing new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');
create trigger planned_pauses_refuse_erased_update
  after update on public.planned_pauses referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');
