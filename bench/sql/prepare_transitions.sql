-- What the scripts of pgbench need beside a population.
create schema bench;
grant usage on schema bench to pause_api, authenticated;

-- Those whom the coordinator of the chapter may pause and reactivate now.
create table bench.mentors (n integer primary key, id uuid not null);
grant select on bench.mentors to pause_api, authenticated;

-- The same tables with their indexes and checks, filled alike; no triggers, no RLS.
create table bench.pause_records (like public.pause_records including all);
create table bench.pause_status_log (like public.pause_status_log including all);
create table bench.notifications (like public.notifications including all);
create table bench.idempotent_requests (like private.idempotent_requests including all);
create table bench.roster_deltas (like private.roster_deltas including all);
create table bench.roster_places (like private.roster_places including all);
create table bench.recorded_pauses (like private.recorded_pauses including all);
insert into bench.pause_records select * from public.pause_records;
insert into bench.pause_status_log overriding system value select * from public.pause_status_log;
insert into bench.notifications select * from public.notifications;
insert into bench.roster_places (mentor_id, chapter_id, from_on, until_on, present_from, is_paused, is_planned, display_name, certified_until)
select mentor_id, chapter_id, from_on, until_on, present_from, is_paused, is_planned, display_name, certified_until from private.roster_places;
insert into bench.recorded_pauses select * from private.recorded_pauses;
select setval(pg_get_serial_sequence('bench.pause_status_log', 'id'), max(l.id)) from bench.pause_status_log l;
