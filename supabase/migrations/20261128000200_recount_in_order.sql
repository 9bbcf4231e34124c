-- The counts of a set of chapters lie together after a rebuild: a page of the roster
-- reads some thirty of them, which were on as many pages.
create or replace function private.recount(chapter_set_ids integer[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Against folding, which moves and removes rows; that never takes long.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
  select r.* from private.recounted(recount.chapter_set_ids) r
  order by r.chapter_set_id, r.day -- the order in which they are read
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    paused = c.paused + excluded.paused,
    expiring = c.expiring + excluded.expiring,
    paused_expiring = c.paused_expiring + excluded.paused_expiring,
    due_back = c.due_back + excluded.due_back,
    due_back_expired = c.due_back_expired + excluded.due_back_expired;
end
$$;

create or replace function private.rebuild_roster() returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  ids uuid[];
  sets integer[];
  last_id uuid := uuid '00000000-0000-0000-0000-000000000000';
begin
  -- Against every writer of what the entries are made from. The RPCs take the
  -- mentor's profile first, which is wanted below too: whoever has one comes first,
  -- and nobody gets one and waits for what is locked here next.
  lock table public.profiles in exclusive mode;
  lock table public.chapter_memberships, public.certifications,
    public.coordinator_assignments, public.pause_records in share row exclusive mode;
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  delete from private.roster_counts;
  delete from private.roster_deltas;
  delete from private.roster_entries;
  delete from private.chapter_sets;
  analyze public.profiles, public.chapter_memberships, public.certifications, public.coordinator_assignments, public.pause_records;
  loop
    ids := array(
      select distinct m.user_id from public.chapter_memberships m
      where m.user_id > last_id and m.role = 'mentor' and m.ended_at is null
      order by m.user_id
      limit 20000);
    exit when ids = '{}';
    perform private.refresh_roster(ids);
    last_id := ids[cardinality(ids)];
  end loop;
  -- What was counted on the way lies scattered.
  delete from private.roster_counts;
  delete from private.roster_deltas;
  for sets in
    select array_agg(n.id order by n.id)
    from (select s.id, row_number() over (order by s.id) as place from private.chapter_sets s) n
    group by (n.place - 1) / 1000
    order by 1
  loop
    perform private.recount(sets);
  end loop;
end
$$;
