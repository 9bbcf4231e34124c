-- A mentor of Oslo was paused, and had planned and asked for more. A sync by service_role then
-- ended the membership, and entered one in Bergen that began some days later. Until the night
-- has closed what was open, Bergen reads nothing of it, neither by a table nor by a command.
begin;
\ir _fixtures.psql

select plan(19);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_coordinator('oslo coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['moved', 'stayed']) name;
select pg_temp.certify(name, 400) from unnest(array['moved', 'stayed']) name;

select pg_temp.answer('oslo coordinator', format('public.pause_mentor(%L, %L)', pg_temp.id(name), 'sykdom i Oslo')) from unnest(array['moved', 'stayed']) name;
select pg_temp.answer(name, $$public.request_leave('return', 'frisk i Oslo')$$) from unnest(array['moved', 'stayed']) name;
-- All of it was twenty days ago, with a plan that the pause has not ended yet.
alter table public.pause_records disable trigger user;
alter table public.pause_status_log disable trigger user;
alter table public.leave_requests disable trigger user;
alter table public.planned_pauses disable trigger user;
update public.pause_records set created_at = pg_temp.midnight(-20), paused_at = pg_temp.midnight(-20), updated_at = pg_temp.midnight(-20)
where mentor_id in (pg_temp.id('moved'), pg_temp.id('stayed'));
update public.pause_status_log set occurred_at = pg_temp.midnight(-20), effective_on = pg_temp.today() - 20
where mentor_id in (pg_temp.id('moved'), pg_temp.id('stayed'));
update public.leave_requests set created_at = pg_temp.midnight(-20) where mentor_id in (pg_temp.id('moved'), pg_temp.id('stayed'));
insert into public.planned_pauses (mentor_id, starts_on, pause_reason, created_at)
select pg_temp.id(name), pg_temp.today() + 30, 'operasjon i Oslo', pg_temp.midnight(-20) from unnest(array['moved', 'stayed']) name;
alter table public.pause_records enable trigger user;
alter table public.pause_status_log enable trigger user;
alter table public.leave_requests enable trigger user;
alter table public.planned_pauses enable trigger user;

select pg_temp.use_role('service_role');
update public.chapter_memberships set ended_at = pg_temp.midnight(-5) where user_id = pg_temp.id('moved');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values (pg_temp.id('bergen'), pg_temp.id('moved'), 'mentor', pg_temp.midnight(-2));
-- Whoever stayed in Oslo came to Bergen too, paused.
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values (pg_temp.id('bergen'), pg_temp.id('stayed'), 'mentor', pg_temp.midnight(-2));
select pg_temp.sign_out();
select isnt_empty($$select from public.pause_records r where r.mentor_id = pg_temp.id('moved') and r.status = 'paused'$$, 'no night has closed the pause');

create function pg_temp.read(actor text, relation text, mentor text) returns bigint
language sql as $$
  select pg_temp.answer(actor, format('(select count(*) from public.%I r where r.mentor_id = %L)', relation, pg_temp.id(mentor)))::bigint
$$;
select is(pg_temp.read('bergen coordinator', r, 'moved'), 0::bigint, 'Bergen reads nothing from before in ' || r)
from unnest(array['pause_records', 'pause_status_log', 'planned_pauses', 'leave_requests']) r;
select is(pg_temp.read('bergen coordinator', r, 'stayed'), 1::bigint, 'of who was a mentor all the time it reads what is open in ' || r)
from unnest(array['pause_records', 'planned_pauses', 'leave_requests']) r;
select is(pg_temp.read('moved', r, 'moved'), 1::bigint, 'the mentor reads it in ' || r) from unnest(array['pause_records', 'planned_pauses', 'leave_requests']) r;
select is(pg_temp.read('office', r, 'moved'), 1::bigint, 'and so does the office in ' || r) from unnest(array['pause_records', 'planned_pauses', 'leave_requests']) r;
select is(
  pg_temp.answer('bergen coordinator', $$(select jsonb_build_array(p -> 'pause_record', p -> 'planned_pause', p -> 'leave_requests', p -> 'timeline')
    from public.mentor_page(pg_temp.id('moved')) p)$$), '[null, null, [], []]', 'the mentor''s page shows nothing of it');
select is(
  pg_temp.answer('bergen coordinator', $$(select array_agg(l ->> 'mentor_id') from jsonb_array_elements(public.leave_requests_page() -> 'leave_requests') l)$$),
  jsonb_build_array(pg_temp.id('stayed')), 'nor does the list of requests');
select is(pg_temp.answer('bergen coordinator', 'to_jsonb(private.is_of_this_time(pg_temp.id(''moved''), now()))'), 'true', 'what is of today is theirs');
select is(pg_temp.answer('oslo coordinator', 'to_jsonb(private.is_of_this_time(pg_temp.id(''moved''), now()))'), 'false',
  'and Oslo, whose mentor they are no more, is told nothing');

-- The night closes it, and Bergen still sees none of it.
select private.apply_changes(array[pg_temp.id('moved')], pg_temp.today() - 1, pg_temp.today(), 'scheduler');
select is(
  pg_temp.answer('bergen coordinator', $$(select count(*) from public.pause_records r where r.mentor_id = pg_temp.id('moved'))$$), '0', 'nor once the night has closed it');

select * from finish();
rollback;
