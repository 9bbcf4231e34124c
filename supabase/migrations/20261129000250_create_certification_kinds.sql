-- Kinds of certification as data: what they are called, how long they are valid,
-- whether mentors need them, and what replaces them. They come before the people,
-- whose certifications refer to them.

create table public.certification_kinds (
  code text not null,
  match_key text not null,
  name_nb text not null,
  name_nn text not null,
  name_en text not null,
  months_valid integer,
  is_required boolean not null default false,
  replaced_by text,
  due_after_months_away integer,
  constraint certification_kinds_pkey primary key (code),
  constraint certification_kinds_matched_once unique (match_key),
  constraint certification_kinds_code_length check (char_length(code) between 1 and 100),
  constraint certification_kinds_code_visible check (private.is_visible(code)),
  constraint certification_kinds_name_nb_length check (char_length(name_nb) between 1 and 200),
  constraint certification_kinds_name_nb_visible check (private.is_visible(name_nb)),
  constraint certification_kinds_name_nn_length check (char_length(name_nn) between 1 and 200),
  constraint certification_kinds_name_nn_visible check (private.is_visible(name_nn)),
  constraint certification_kinds_name_en_length check (char_length(name_en) between 1 and 200),
  constraint certification_kinds_name_en_visible check (private.is_visible(name_en)),
  constraint certification_kinds_months_valid_possible check (months_valid between 1 and 1200),
  constraint certification_kinds_due_after_possible check (due_after_months_away between 1 and 1200),
  constraint certification_kinds_not_replaced_by_itself check (replaced_by <> code),
  constraint certification_kinds_successor_exists foreign key (replaced_by)
    references public.certification_kinds (code) on delete restrict
);
create index certification_kinds_by_successor on public.certification_kinds (replaced_by);
alter table public.certification_kinds enable row level security;
revoke all on table public.certification_kinds from public, anon, authenticated, service_role;
grant select on table public.certification_kinds to authenticated;
grant select, insert, update, delete on table public.certification_kinds to service_role;

comment on table public.certification_kinds is
  'Kinds of certification. One in use can be replaced, not deleted.';
comment on column public.certification_kinds.code is
  'What certifications.kind says. Matched without regard to case and surrounding space.';
comment on column public.certification_kinds.match_key is 'The code as it is matched; kept by a trigger.';
comment on column public.certification_kinds.months_valid is
  'Calendar months for which a new certification is valid when no end is given, through the day so many months after the issue; null: it never expires.';
comment on column public.certification_kinds.is_required is
  'Whether every mentor needs it: to lack it equals an expired one.';
comment on column public.certification_kinds.replaced_by is
  'The kind whose valid certification counts for this one too, and so on from there; never the other way round.';
comment on column public.certification_kinds.due_after_months_away is
  'After a pause of so many calendar months it is asked for again: a hint to the coordinator, never a block. Null: never.';

create table private.certification_kind_versions (
  id bigint generated always as identity,
  code text not null,
  from_day date not null,
  is_required boolean not null,
  replaced_by text,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint certification_kind_versions_pkey primary key (id),
  constraint certification_kind_versions_kind_exists foreign key (code)
    references public.certification_kinds (code) on delete cascade
);
create index certification_kind_versions_by_kind on private.certification_kind_versions (code, from_day, id);
alter table private.certification_kind_versions enable row level security;
revoke all on table private.certification_kind_versions from public, anon, authenticated, service_role;

comment on table private.certification_kind_versions is
  'What was saved of each kind that days depend on, one row for each save that changed it. Of several saved on one day, the last counts.';
comment on column private.certification_kind_versions.from_day is
  'The day from which it counts; -infinity for what the kind began with, which counts for all days before the next.';

create view private.certification_kind_periods with (security_invoker = true) as
  select v.code, v.is_required, v.replaced_by, v.from_day,
    coalesce(lead(v.from_day) over (partition by v.code order by v.from_day) - 1, 'infinity') as until_day
  from (
    select distinct on (s.code, s.from_day) s.code, s.from_day, s.is_required, s.replaced_by
    from private.certification_kind_versions s
    order by s.code, s.from_day, s.id desc
  ) v;
revoke all on table private.certification_kind_periods from public, anon, authenticated, service_role;

comment on view private.certification_kind_periods is
  'What each kind said on which days, from from_day through until_day. The periods of a kind cover all days, without overlap.';

-- Distinct, so that it ends whatever the versions say: the clock may have been set back
-- between two saves that are no circle together.
create view private.certification_kind_covers with (security_invoker = true) as
  with recursive covers (kind, covered_by, from_day, until_day) as (
    select distinct v.code, v.code, date '-infinity', date 'infinity'
    from private.certification_kind_versions v
    union
    select c.kind, p.replaced_by, greatest(c.from_day, p.from_day), least(c.until_day, p.until_day)
    from covers c
    join private.certification_kind_periods p on p.code = c.covered_by
    where p.replaced_by <> c.kind and p.from_day <= c.until_day and p.until_day >= c.from_day
  )
  select c.kind, c.covered_by, c.from_day, c.until_day from covers c;
revoke all on table private.certification_kind_covers from public, anon, authenticated, service_role;

comment on view private.certification_kind_covers is
  'Certifications of which kind count for a kind on which days: its own on all, and those of its successors.';

create view private.certification_kind_demands with (security_invoker = true) as
  select r.kind, min(r.from_day) as from_day, max(r.until_day) as until_day
  from (
    select p.code as kind, p.from_day, p.until_day, p.is_required,
      row_number() over (partition by p.code order by p.from_day)
        - row_number() over (partition by p.code, p.is_required order by p.from_day) as run
    from private.certification_kind_periods p
  ) r
  where r.is_required
  group by r.kind, r.run;
revoke all on table private.certification_kind_demands from public, anon, authenticated, service_role;

comment on view private.certification_kind_demands is
  'On which days which kind was required, as stretches without a gap.';

create function private.kind_key(kind text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return normalize(lower(private.trimmed(kind_key.kind) collate "nb-x-icu"), nfc);
end
$$;
revoke all on function private.kind_key(text) from public, anon, authenticated, service_role;

comment on function private.kind_key(text) is
  'A kind''s code as it is matched: without surrounding space, in any case, in any form of Unicode.';

create function private.kind_code(kind text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(
    (select k.code from public.certification_kinds k where k.code = kind_code.kind),
    (select k.code from public.certification_kinds k where k.match_key = private.kind_key(kind_code.kind)));
end
$$;
revoke all on function private.kind_code(text) from public, anon, authenticated, service_role;

comment on function private.kind_code(text) is
  'The code of the kind that is meant; null when there is none.';

create function private.complete_kind() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and new.code <> old.code then
    raise exception 'a certification kind keeps its code'
      using errcode = 'restrict_violation', constraint = 'certification_kinds_code_is_fixed',
        table = tg_table_name, schema = tg_table_schema, hint = 'Change its names, or replace it by another kind.';
  end if;
  new.code := private.trimmed(new.code);
  new.match_key := private.kind_key(new.code);
  new.name_nb := coalesce(private.trimmed(new.name_nb), new.code);
  new.name_nn := coalesce(private.trimmed(new.name_nn), new.name_nb);
  new.name_en := coalesce(private.trimmed(new.name_en), new.name_nb);
  new.replaced_by := coalesce(private.kind_code(new.replaced_by), new.replaced_by);
  return new;
end
$$;
revoke all on function private.complete_kind() from public, anon, authenticated, service_role;

comment on function private.complete_kind() is
  'Trigger: a kind keeps its code, has the key that it is matched by, and a name in each language. Definer, for writers who reach only the table itself.';

create trigger certification_kinds_complete
  before insert or update on public.certification_kinds
  for each row execute function private.complete_kind();

-- One save at a time from here to the commit: two of them, each without a cycle, may
-- make one together.
create function private.keep_kind_versions() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  circle text;
begin
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.certification_kinds', 0));
  with recursive successors (code, successor) as (
    select n.code, n.replaced_by from new_rows n where n.replaced_by is not null
    union
    select s.code, k.replaced_by
    from successors s
    join public.certification_kinds k on k.code = s.successor
    where k.replaced_by is not null and s.successor <> s.code
  )
  select s.code into circle from successors s where s.successor = s.code limit 1;
  if circle is not null then
    raise exception 'the certification kind % would in the end be replaced by itself', circle
      using errcode = 'check_violation', constraint = 'certification_kinds_no_cycle',
        table = tg_table_name, schema = tg_table_schema;
  end if;

  insert into private.certification_kind_versions (code, from_day, is_required, replaced_by)
  select n.code,
    -- The clock may have been set back.
    case when l.from_day is null then '-infinity' else greatest(private.date_of(clock_timestamp()), l.from_day) end,
    n.is_required, n.replaced_by
  from new_rows n
  left join lateral (
    select v.from_day, v.is_required, v.replaced_by
    from private.certification_kind_versions v
    where v.code = n.code
    order by v.from_day desc, v.id desc
    limit 1
  ) l on true
  where l.from_day is null or (n.is_required, n.replaced_by) is distinct from (l.is_required, l.replaced_by);

  update private.settings s
  set kinds_have_rules = true
  where not s.kinds_have_rules and exists (select from new_rows n where n.is_required or n.replaced_by is not null);
  return null;
end
$$;
revoke all on function private.keep_kind_versions() from public, anon, authenticated, service_role;

comment on function private.keep_kind_versions() is
  'Trigger: refuses kinds that replace each other in a circle (SQLSTATE 23514), and keeps what was saved, from its day on. Definer, because the versions have no other writer.';

create trigger certification_kinds_keep_versions_insert
  after insert on public.certification_kinds referencing new table as new_rows
  for each statement execute function private.keep_kind_versions();
create trigger certification_kinds_keep_versions_update
  after update on public.certification_kinds referencing new table as new_rows
  for each statement execute function private.keep_kind_versions();

create trigger certification_kinds_refuse_truncate
  before truncate on public.certification_kinds
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger certification_kind_versions_refuse_change
  before update or truncate on private.certification_kind_versions
  for each statement execute function private.refuse_removal('What was saved stays.');
