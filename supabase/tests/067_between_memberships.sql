-- A mentor who was in Bergen, then in Oslo, and is in Bergen again: each chapter sees what
-- ended while the mentor was theirs, and of the years in between nothing. What was is
-- entered without the triggers, since nobody can enter the past by a command.
begin;
\ir _fixtures.psql

select plan(9);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_coordinator('oslo coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');

select pg_temp.add_person('between');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
  (pg_temp.id('bergen'), pg_temp.id('between'), 'mentor', pg_temp.midnight(-900), pg_temp.midnight(-600)),
  (pg_temp.id('oslo'), pg_temp.id('between'), 'mentor', pg_temp.midnight(-600), pg_temp.midnight(-100)),
  (pg_temp.id('bergen'), pg_temp.id('between'), 'mentor', pg_temp.midnight(-50), null);
alter table public.pause_records disable trigger user;
alter table public.pause_status_log disable trigger user;
alter table public.leave_requests disable trigger user;
insert into public.pause_records
  (mentor_id, status, pause_reason, paused_at, reactivated_at, created_at, updated_at, effective_on, version, first_version)
select pg_temp.id('between'), 'active', r.reason, pg_temp.midnight(r.day), pg_temp.midnight(r.until), pg_temp.midnight(r.day),
  pg_temp.midnight(r.until), pg_temp.today() + r.until, 2 * r.n, 2 * r.n - 1
from (values (1, 'in bergen', -800, -790), (2, 'until bergen ended', -650, -600), (3, 'in oslo', -300, -290), (4, 'back', -40, -30))
  r (n, reason, day, until);
-- A night wrote down two hours later what ended with the membership.
insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on, occurred_at)
select r.id, r.mentor_id, 'paused', 'active', 'system', r.version, r.effective_on, r.reactivated_at + interval '2 hours'
from public.pause_records r where r.mentor_id = pg_temp.id('between') order by r.version;
insert into public.leave_requests (mentor_id, kind, reason, state, created_at, answered_at)
select pg_temp.id('between'), 'pause', 'asked in ' || c.name, 'withdrawn', pg_temp.midnight(c.day), pg_temp.midnight(c.day + 1)
from (values ('bergen', -800), ('oslo', -300)) c (name, day);
alter table public.pause_records enable trigger user;
alter table public.pause_status_log enable trigger user;
alter table public.leave_requests enable trigger user;
select private.place_requests(array[pg_temp.id('between')]);
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(r.pause_reason order by r.version) from public.pause_records r
    where r.mentor_id = pg_temp.id('between'))$$),
  '["in bergen", "until bergen ended", "back"]', 'the records that ended while they were there');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l.record_version order by l.id) from public.pause_status_log l
    where l.mentor_id = pg_temp.id('between'))$$),
  '[2, 4, 8]', 'the log of them, also what a night wrote down once they had left');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l.reason) from public.leave_requests l where l.mentor_id = pg_temp.id('between'))$$),
  '["asked in bergen"]', 'what they asked for there');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(r ->> 'pause_reason')
    from jsonb_array_elements(public.mentor_page(pg_temp.id('between')) -> 'closed_pauses') r)$$),
  '["back", "until bergen ended", "in bergen"]', 'and the same on the mentor''s page');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l -> 'record_version')
    from jsonb_array_elements(public.mentor_page(pg_temp.id('between')) -> 'timeline') l)$$),
  '[8, 4, 2]', 'in its timeline');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l ->> 'reason')
    from jsonb_array_elements(public.mentor_page(pg_temp.id('between')) -> 'leave_requests') l)$$),
  '["asked in bergen"]', 'in its requests');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l ->> 'reason')
    from jsonb_array_elements(public.leave_requests_page(array['withdrawn']) -> 'leave_requests') l
    where l ->> 'mentor_id' = pg_temp.id('between')::text)$$),
  '["asked in bergen"]', 'and among all requests');
select is(
  pg_temp.answer('between', $$jsonb_array_length(public.mentor_page(pg_temp.id('between')) -> 'closed_pauses')$$), '4', 'the mentor sees all of it');
select is(
  pg_temp.answer('oslo coordinator', $$(select count(*) from public.pause_records r where r.mentor_id = pg_temp.id('between'))$$),
  '0', 'and Oslo, whose mentor they are no more, nothing');

select * from finish();
rollback;
