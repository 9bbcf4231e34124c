-- What was known when. Everything that a status rests on has two times: the days of which
-- it was so, which the tables themselves hold, and the time at which it was recorded, which
-- is kept here: each version of each row, from the moment it was recorded until it was
-- superseded. Triggers see to it for every role. Nothing is ever taken back, so a question
-- about what was known at a moment has the same answer for ever.
--
-- A transaction's facts have one moment, taken when it records the first. From then until
-- its end it holds a lock whose key is its own start: whoever asks what is known reads in
-- pg_locks which transactions are still under way, and asks about no later moment than
-- the start of the oldest. Writers never wait for each other, nor for a reader.
--
-- Only what a status rests on is kept: memberships of mentors, and of a pause its
-- beginning and its end. A night in which certifications expire records nothing.

create table private.membership_versions (
  mentor_id uuid not null,
  chapter_id uuid not null,
  id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  recorded_at timestamptz not null,
  superseded_at timestamptz not null default 'infinity',
  recorded_by uuid,
  command text,
  superseded_by uuid,
  superseded_command text,
  constraint membership_versions_pkey primary key (mentor_id, chapter_id, id, recorded_at)
    include (superseded_at, started_at, ended_at)
);
create index membership_versions_by_chapter on private.membership_versions (chapter_id, mentor_id);

create table private.certification_versions (
  mentor_id uuid not null,
  kind text collate "C" not null,
  id uuid not null,
  issued_on date not null,
  expires_on date,
  recorded_at timestamptz not null,
  superseded_at timestamptz not null default 'infinity',
  recorded_by uuid,
  command text,
  superseded_by uuid,
  superseded_command text,
  constraint certification_versions_pkey primary key (mentor_id, kind, id, recorded_at)
    include (superseded_at, issued_on, expires_on)
);

-- Of a pause only that it has ended can follow its beginning, so a row more says all: nothing
-- has to be superseded, which each return would wait for.
create table private.recorded_pauses (
  mentor_id uuid not null,
  id uuid not null,
  paused_at timestamptz not null,
  ended_at timestamptz,
  recorded_at timestamptz not null,
  recorded_by uuid,
  command text,
  constraint recorded_pauses_pkey primary key (mentor_id, id, recorded_at)
);

create view private.pause_versions with (security_invoker = true) as
select p.mentor_id, p.id, p.paused_at, p.ended_at, p.recorded_at,
  -- The clock may have been set back.
  case when e.id is null then 'infinity' else greatest(e.recorded_at, p.recorded_at) end as superseded_at,
  p.recorded_by, p.command, e.recorded_by as superseded_by, e.command as superseded_command
from private.recorded_pauses p
left join private.recorded_pauses e
  on e.mentor_id = p.mentor_id and e.id = p.id and e.ended_at is not null and p.ended_at is null;

create table private.plan_versions (
  mentor_id uuid not null,
  id uuid not null,
  starts_on date not null,
  planned_at timestamptz not null,
  recorded_at timestamptz not null,
  superseded_at timestamptz not null default 'infinity',
  recorded_by uuid,
  command text,
  superseded_by uuid,
  superseded_command text,
  constraint plan_versions_pkey primary key (mentor_id, id, recorded_at)
);

create table private.kind_versions (
  id bigint not null,
  code text not null,
  from_day date not null,
  is_required boolean not null,
  replaced_by text,
  recorded_at timestamptz not null,
  superseded_at timestamptz not null default 'infinity',
  recorded_by uuid,
  command text,
  superseded_by uuid,
  superseded_command text,
  constraint kind_versions_pkey primary key (id, recorded_at)
);

create table private.identity_versions (
  person_id uuid not null,
  was_erased boolean not null,
  kept_id uuid,
  recorded_at timestamptz not null,
  superseded_at timestamptz not null default 'infinity',
  recorded_by uuid,
  command text,
  superseded_by uuid,
  superseded_command text,
  constraint identity_versions_pkey primary key (person_id, was_erased, recorded_at)
);

comment on table private.membership_versions is 'What was known of memberships as mentor: a row for each version of each.';
comment on table private.certification_versions is 'What was known of certifications: a row for each version of each, removed ones too.';
comment on table private.recorded_pauses is
  'What was known of pauses: a row when one has begun, another when it has ended. What else changes of a pause record is no fact of a status.';
comment on view private.pause_versions is
  'What was known of pauses, from when to when: private.recorded_pauses, of which the row of the end supersedes that of the beginning.';
comment on table private.plan_versions is 'What was known of planned pauses: a row for each version of each. One that has begun is superseded by its pause.';
comment on table private.kind_versions is
  'What was known of the rules of kinds: private.certification_kind_versions, with those of kinds that were deleted.';
comment on table private.identity_versions is 'Which ids were erased, or joined into another, and since when that was known.';
comment on column private.membership_versions.id is 'Of public.chapter_memberships.';
comment on column private.certification_versions.id is 'Of public.certifications.';
comment on column private.recorded_pauses.id is 'Of public.pause_records.';
comment on column private.recorded_pauses.ended_at is 'When the record was closed; null: it was live.';
comment on column private.plan_versions.id is 'Of public.planned_pauses.';
comment on column private.plan_versions.planned_at is 'When the plan was made: one from before the mentor left every chapter counts no more.';
comment on column private.identity_versions.kept_id is 'Into whom the profile was joined; null: the person was erased.';

do $$
declare
  versions regclass;
begin
  foreach versions in array array['private.membership_versions', 'private.certification_versions', 'private.recorded_pauses',
    'private.plan_versions', 'private.kind_versions', 'private.identity_versions']::regclass[]
  loop
    execute format('alter table %s enable row level security', versions);
    execute format('revoke all on table %s from public, anon, authenticated, service_role', versions);
    execute format($comment$comment on column %s.recorded_at is 'From when on it was known.'$comment$, versions);
    execute format($comment$comment on column %s.recorded_by is 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.'$comment$, versions);
    execute format($comment$comment on column %s.command is 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.'$comment$, versions);
    continue when versions = 'private.recorded_pauses'::regclass;
    execute format($comment$comment on column %s.superseded_at is 'From when on something else was known, or nothing; infinity: it still holds.'$comment$, versions);
    execute format($comment$comment on column %s.superseded_by is 'Who superseded it by a command; null as in recorded_by.'$comment$, versions);
    execute format($comment$comment on column %s.superseded_command is 'The command that superseded it; null as in command.'$comment$, versions);
  end loop;
end
$$;
revoke all on table private.pause_versions from public, anon, authenticated, service_role;

-- The moment.

create function private.sealed_moment(moment timestamptz, secret bytea) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return encode(timestamptz_send(moment) || sha256(secret || xid8send(pg_current_xact_id()) || timestamptz_send(moment)), 'hex');
end
$$;
revoke all on function private.sealed_moment(timestamptz, bytea) from public, anon, authenticated, service_role;

comment on function private.sealed_moment(timestamptz, bytea) is
  'A transaction''s moment, as 16 hexadecimal digits, with what only this project, which has the secret, can say of it: anybody may set a setting.';

-- Each pause waits for this, and each expression is prepared anew in each transaction: they are
-- few, and what they call is assigned, not performed, because a statement costs more.
create function private.fact_moment(secret bytea) returns timestamptz
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  known text := current_setting('mentorpause.recorded_at', true);
  key bigint;
  moment timestamptz;
begin
  if known ~ '^000[0-9a-f]{77}$' then
    moment := timestamptz '2000-01-01 00:00+00' + ('x' || left(known, 16))::bit(64)::bigint * interval '1 microsecond';
    if known = private.sealed_moment(moment, secret) then
      return moment;
    end if;
  end if;
  -- Twelve bits that say what it is, and 51 of the microseconds of its start: enough until 2071.
  key := (2911::bigint << 51) | (extract(epoch from now() - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint;
  -- The lock first: whoever has asked before it was held has asked about an earlier moment.
  moment := case when pg_advisory_xact_lock_shared((key >> 32)::integer, (key << 32 >> 32)::integer)::text is not null
    then greatest(clock_timestamp(), now() + interval '1 microsecond') end;
  -- private.sealed_moment(), without the call.
  known := set_config('mentorpause.recorded_at',
    encode(timestamptz_send(moment) || sha256(secret || xid8send(pg_current_xact_id()) || timestamptz_send(moment)), 'hex'), true);
  return moment;
end
$$;
revoke all on function private.fact_moment(bytea) from public, anon, authenticated, service_role;

comment on function private.fact_moment(bytea) is
  'The moment at which this transaction records its facts: one for all of them, taken under the lock that says that it is under way. secret: private.settings.cursor_key.';

create function private.fact_moment() returns timestamptz
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return private.fact_moment((select s.cursor_key from private.settings s));
end
$$;
revoke all on function private.fact_moment() from public, anon, authenticated, service_role;

comment on function private.fact_moment() is 'The same, for whoever has not read the settings.';

-- Locks are released once a transaction is seen as ended, so what held none when the locks
-- were read is seen by the next statement, or records later than the moment taken before.
create function private.known_moment(asked_at timestamptz, waits boolean default false) returns timestamptz
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz := clock_timestamp();
  writers bigint[];
  oldest timestamptz;
  key bigint;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'what is known is asked in a transaction that sees what others commit'
      using errcode = 'feature_not_supported', hint = 'Use the isolation level read committed.';
  end if;
  if known_moment.asked_at > moment then
    perform private.refuse('invalid_request', 'as_known_at', 'as_known_at must not lie in the future.');
  end if;
  -- What this transaction records later is known later.
  perform set_config('mentorpause.recorded_at', '', true);
  writers := array(
    select (l.classid::bigint << 32) | l.objid::bigint
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2 and l.classid::bigint >> 19 = 2911
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.pid is distinct from pg_backend_pid());
  select min(timestamptz '2000-01-01 00:00+00' + (w & ((1::bigint << 51) - 1)) * interval '1 microsecond') into oldest
  from unnest(writers) w;
  -- Nothing of ours takes so long: it was forgotten, or it is a lock that is no writer's. An
  -- answer as of then would say that nobody was a mentor, where nothing is known.
  if oldest < moment - interval '1 hour' and oldest < coalesce(known_moment.asked_at, moment) then
    perform private.refuse('database_unavailable', 'as_known_at',
      'What is known can''t be told while a transaction has been recording facts for more than an hour.',
      'Ask about a moment before it began, or again when it has ended.');
  end if;
  if known_moment.waits then
    foreach key in array writers loop
      perform pg_advisory_xact_lock((key >> 32)::integer, (key << 32 >> 32)::integer);
    end loop;
    return moment;
  end if;
  return least(coalesce(known_moment.asked_at, moment), oldest);
end
$$;
revoke all on function private.known_moment(timestamptz, boolean) from public, anon, authenticated, service_role;

comment on function private.known_moment(timestamptz, boolean) is
  'Of which moment it can be said for ever what was known: the one asked about (null: now), or the start of the oldest transaction of others that has recorded a fact and is under way, if that is earlier. waits: until those have ended, and answers with the time of the call. The statements after it see all that was known. Refuses a moment in the future, with invalid_request; and with database_unavailable one after the start of a transaction that has been recording for more than an hour.';

-- Who records, by what. A signed-in caller reaches the tables by the RPCs alone. Of pauses,
-- private.record_pause_changes says it itself.
create function private.fact_author(table_name text, operation text, out recorded_by uuid, out command text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  fact_author.command := nullif(current_setting('mentorpause.command', true), '');
  if current_setting('role') = 'authenticated' then
    fact_author.recorded_by := auth.uid();
    fact_author.command := coalesce(fact_author.command,
      case fact_author.table_name || ' ' || fact_author.operation
        when 'planned_pauses INSERT' then 'plan_pause'
        when 'planned_pauses UPDATE' then 'amend_planned_pause'
        when 'planned_pauses DELETE' then 'cancel_planned_pause'
      end);
  elsif session_user = 'pause_scheduler' then
    fact_author.command := coalesce(fact_author.command, 'nightly_step');
  end if;
end
$$;
revoke all on function private.fact_author(text, text) from public, anon, authenticated, service_role;

comment on function private.fact_author(text, text) is
  'Who is changing facts, and by which command; both null for other systems and hands.';

-- The triggers. What a statement changed is superseded, and what is since is added. What
-- this transaction recorded itself was known to nobody in between: it is replaced.
--
-- Dynamic, because one rule serves tables with different columns. Pauses are recorded by
-- private.record_pause_changes: they are written one by one, and planning, or a trigger of
-- its own, would take longer than writing.
create function private.record_facts() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
declare
  -- The arguments are the versions, their key, their columns, as the table has them, and
  -- which rows count.
  versions constant text := tg_argv[0];
  key constant text := tg_argv[1];
  was constant text := format('select %s from old_rows where %s', tg_argv[3], tg_argv[4]);
  since constant text := format('select %s from new_rows where %s', tg_argv[3], tg_argv[4]);
  gone constant text := case tg_op when 'DELETE' then was when 'UPDATE' then was || ' except ' || since end;
  came constant text := case tg_op when 'INSERT' then since when 'UPDATE' then since || ' except ' || was end;
  matching constant text := format('(%s) = (%s)', 'v.' || replace(key, ', ', ', v.'), 'g.' || replace(key, ', ', ', g.'));
  author constant record := private.fact_author(tg_table_name, tg_op);
  records_more constant boolean := coalesce(current_setting('mentorpause.recorded_at', true), '') <> '';
  changes boolean;
  moment timestamptz;
begin
  execute 'select exists (' || concat_ws(') or exists (', gone, came) || ')' into changes;
  if not changes then
    return null;
  end if;
  moment := private.fact_moment();
  if gone is not null then
    if records_more then
      execute format('delete from %s v using (%s) g where %s and v.recorded_at = $1', versions, gone, matching)
      using moment;
    end if;
    execute format(
      'update %s v set superseded_at = greatest($1, v.recorded_at), superseded_by = $2, superseded_command = $3'
        ' from (%s) g where %s and v.superseded_at = %L',
      versions, gone, matching, 'infinity')
    using moment, author.recorded_by, author.command;
  end if;
  if came is not null then
    -- A person erased twice in one transaction is recorded once.
    execute format('insert into %s (%s, recorded_at, recorded_by, command) select c.*, $1, $2, $3 from (%s) c on conflict do nothing',
      versions, tg_argv[2], came)
    using moment, author.recorded_by, author.command;
  end if;
  return null;
end
$$;
revoke all on function private.record_facts() from public, anon, authenticated, service_role;

comment on function private.record_facts() is
  'Trigger: keeps what a statement changed of the facts. Definer, because the versions have no other writer.';

-- Versions are written by the triggers of the tables alone, and by a backfill; a hand's
-- statement is refused as a whole. Of what a trigger writes, what is superseded once and about
-- now is let pass, for next to nothing: the condition is short, because it is read anew for each
-- statement. Else a transaction may change what it recorded itself, at that moment, and nothing
-- of anybody else's.
create function private.refuse_rewriting() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE' and old.recorded_at = private.fact_moment() and new.recorded_at = old.recorded_at
      and coalesce(to_jsonb(new) ->> 'superseded_at', 'infinity') = 'infinity' then
    return new;
  elsif tg_op = 'DELETE' and old.recorded_at = private.fact_moment() then
    return old;
  end if;
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = 'What was known stays; change the table that it was recorded of.';
end
$$;
revoke all on function private.refuse_rewriting() from public, anon, authenticated, service_role;

comment on function private.refuse_rewriting() is
  'Trigger: a version is superseded once, at the moment of the transaction that does so, and nothing else (SQLSTATE 23001).';

do $$
declare
  facts record;
  operation text;
begin
  for facts in
    select * from (values
      ('public.chapter_memberships', 'private.membership_versions', 'mentor_id, chapter_id, id',
        'mentor_id, chapter_id, id, started_at, ended_at', 'user_id as mentor_id, chapter_id, id, started_at, ended_at',
        'role = ''mentor''', array['insert', 'update', 'delete']),
      ('public.certifications', 'private.certification_versions', 'mentor_id, kind, id',
        'mentor_id, kind, id, issued_on, expires_on', 'mentor_id, kind, id, issued_on, expires_on', 'true',
        array['insert', 'update', 'delete']),
      ('public.planned_pauses', 'private.plan_versions', 'mentor_id, id',
        'mentor_id, id, starts_on, planned_at', 'mentor_id, id, starts_on, created_at as planned_at', 'true',
        array['insert', 'update', 'delete']),
      ('private.certification_kind_versions', 'private.kind_versions', 'id',
        'id, code, from_day, is_required, replaced_by', 'id, code, from_day, is_required, replaced_by', 'true',
        array['insert', 'delete']),
      ('public.erasures', 'private.identity_versions', 'person_id, was_erased',
        'person_id, was_erased', 'person_id, true as was_erased', 'true', array['insert']),
      ('private.merged_people', 'private.identity_versions', 'person_id, was_erased',
        'person_id, was_erased, kept_id', 'dropped_id as person_id, false as was_erased, kept_id', 'true', array['insert'])
    ) f (table_name, versions, key, columns, source, counts, operations)
  loop
    foreach operation in array facts.operations loop
      execute format('create trigger %1$s_record_facts_%2$s after %2$s on %3$s referencing%4$s%5$s for each statement'
          ' execute function private.record_facts(%6$L, %7$L, %8$L, %9$L, %10$L)',
        split_part(facts.table_name, '.', 2), operation, facts.table_name,
        case when operation <> 'insert' then ' old table as old_rows' else '' end,
        case when operation <> 'delete' then ' new table as new_rows' else '' end,
        facts.versions, facts.key, facts.columns, facts.source, facts.counts);
    end loop;
  end loop;
  for facts in
    select v.name, v.fixed from (values
      ('membership_versions', 'mentor_id, chapter_id, id, started_at, ended_at'),
      ('certification_versions', 'mentor_id, kind, id, issued_on, expires_on'),
      ('recorded_pauses', 'mentor_id, id, paused_at, ended_at'),
      ('plan_versions', 'mentor_id, id, starts_on, planned_at'),
      ('kind_versions', 'id, code, from_day, is_required, replaced_by'),
      ('identity_versions', 'person_id, was_erased, kept_id')) v (name, fixed)
  loop
    execute format('create trigger %1$s_refuse_direct_write before insert or update or delete on private.%1$s for each statement'
        ' when (pg_trigger_depth() = 0) execute function private.refuse_direct_write(%2$L, %3$L)',
      facts.name, 'private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');
    execute format('create trigger %1$s_refuse_update before update of %2$s, recorded_at, recorded_by, command on private.%1$s'
      ' for each row execute function private.refuse_rewriting()', facts.name, facts.fixed);
    if facts.name <> 'recorded_pauses' then
      -- The moment is private.fact_moment(), which is later than the start of this transaction.
      execute format('create trigger %1$s_refuse_superseding before update on private.%1$s for each row'
        ' when (old.superseded_at <> ''infinity'' or new.superseded_at <= now()'
        ' or new.superseded_at > greatest(clock_timestamp(), old.recorded_at))'
        ' execute function private.refuse_rewriting()', facts.name);
    end if;
    execute format('create trigger %1$s_refuse_delete before delete on private.%1$s for each row'
      ' execute function private.refuse_rewriting()', facts.name);
    execute format('create trigger %1$s_refuse_truncate before truncate on private.%1$s for each statement'
      ' execute function private.refuse_rewriting()', facts.name);
  end loop;
end
$$;

-- What was there before: by this migration, and by an operator whose triggers were off.
create function private.backfill_facts() returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
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
$$;
revoke all on function private.backfill_facts() from public, anon, authenticated, service_role;

comment on function private.backfill_facts() is
  'Records as known from now on, by the command backfill, whatever is in the tables and is not known yet; returns how many rows. For the role postgres.';

select private.backfill_facts();
