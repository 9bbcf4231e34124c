-- Who may carry out which command: one test for each actor and command. Each call is valid
-- in itself; whatever it did is rolled back.
begin;
\ir _fixtures.psql

select plan(244);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('former administrator');
select pg_temp.join_chapter('former administrator', 'administrator', 'oslo', now() - interval '1 day');
select pg_temp.add_person('coming administrator');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
values (pg_temp.id('oslo'), pg_temp.id('coming administrator'), 'administrator', now() + interval '1 day');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_person('office colleague');
select pg_temp.appoint('office colleague');
select pg_temp.add_person('former office');
select pg_temp.appoint('former office');
update public.organisation_administrators set ended_at = now() where user_id = pg_temp.id('former office');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_mentor('twin', 'oslo');
select pg_temp.assign('mentor', 'coordinator');
insert into public.certification_kinds (code, months_valid) values ('pgtap course', 12);
insert into public.certifications (id, mentor_id, kind, issued_on, expires_on)
values (pg_temp.id('certification'), pg_temp.id('mentor'), 'pgtap course', pg_temp.today() - 100, pg_temp.today() + 100);
-- Without a login, a profile can be dropped.
insert into public.profiles (id, display_name) values (pg_temp.id('double'), 'Mentor');
select pg_temp.join_chapter('double', 'mentor', 'oslo');

create temporary table commands (place integer generated always as identity, command text, call text, class text);
insert into commands (command, call, class) values
  ('register_person', $$public.register_person('Ny', pg_temp.id('oslo'))$$, 'administrator of the chapter'),
  ('update_person', $$public.update_person(pg_temp.id('mentor'), 'Nytt Navn')$$, 'administrator'),
  ('start_membership', $$public.start_membership(pg_temp.id('mentor'), pg_temp.id('oslo'), 'coordinator')$$, 'administrator of the chapter'),
  ('end_membership', $$public.end_membership(pg_temp.id('mentor mentor in oslo'), pg_temp.today())$$, 'administrator'),
  ('hand_over', $$public.hand_over(pg_temp.id('coordinator'), pg_temp.id('colleague'))$$, 'administrator'),
  ('revoke_certification', $$public.revoke_certification(pg_temp.id('certification'), pg_temp.today())$$, 'administrator'),
  ('remove_certification', $$public.remove_certification(pg_temp.id('certification'))$$, 'administrator'),
  ('merge_people', $$public.merge_people(pg_temp.id('mentor'), pg_temp.id('double'))$$, 'administrator'),
  ('erase_person', $$public.erase_person(pg_temp.id('mentor'))$$, 'administrator'),
  ('assign_coordinator', $$public.assign_coordinator(pg_temp.id('mentor'), pg_temp.id('colleague'))$$, 'coordinator'),
  ('end_assignment', $$public.end_assignment(pg_temp.id('mentor'), pg_temp.id('coordinator'))$$, 'coordinator'),
  ('register_certification', $$public.register_certification(pg_temp.id('mentor'), 'PGTAP Course ', pg_temp.today())$$, 'coordinator'),
  ('people_page', $$public.people_page()$$, 'reader'),
  ('organisation_page', $$public.organisation_page()$$, 'reader'),
  ('person_page', $$public.person_page(pg_temp.id('mentor'))$$, 'administrator'),
  ('possible_duplicates', $$public.possible_duplicates(pg_temp.id('oslo'))$$, 'administrator of the chapter'),
  ('save_chapter', $$public.save_chapter(null, 'pgtap new')$$, 'office'),
  ('close_chapter', $$public.close_chapter(pg_temp.id('oslo'), pg_temp.today())$$, 'office'),
  ('save_certification_kind', $$public.save_certification_kind('pgtap new')$$, 'office'),
  ('appoint_administrator', $$public.appoint_administrator(pg_temp.id('administrator'))$$, 'office'),
  ('dismiss_administrator', $$public.dismiss_administrator(pg_temp.id('office colleague'))$$, 'office');

create function pg_temp.outcome(actor text, expression text) returns text
language plpgsql as $$
declare
  state text;
  message text;
begin
  begin
    perform pg_temp.answer(actor, expression);
    raise exception using errcode = 'TAP00';
  exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text;
  end;
  return case state when 'TAP00' then 'allowed' when 'PGRST' then message::jsonb ->> 'code' else state end;
end
$$;

select is(
  pg_temp.outcome(a.actor, c.call),
  case
    when a.actor in ('anon', 'service_role') then '42501'
    when a.actor = 'office' then 'allowed'
    when a.actor in ('mentor', 'former administrator', 'coming administrator', 'former office')
      then case when c.class in ('coordinator', 'reader') then 'not_a_coordinator' else 'not_an_administrator' end
    when c.class = 'office' then 'not_an_administrator'
    when a.actor in ('coordinator', 'bergen coordinator') and c.class like 'administrator%' then 'not_an_administrator'
    when a.actor in ('coordinator', 'administrator') or c.class = 'reader' then 'allowed'
    when c.class = 'administrator of the chapter' then 'chapter_not_found'
    when c.class = 'coordinator' then 'mentor_not_found'
    else 'not_found'
  end,
  format('%s calls %s', a.actor, c.command))
from unnest(array['mentor', 'coordinator', 'bergen coordinator', 'administrator', 'bergen administrator', 'former administrator',
  'coming administrator', 'former office', 'office', 'anon', 'service_role']) with ordinality a (actor, place)
cross join commands c
order by a.place, c.place;

select is(
  array(select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.proname in (select command from commands)
      and has_function_privilege('pause_scheduler', p.oid, 'execute')),
  '{}'::text[], 'the scheduler executes none of them');
select is(
  array(select distinct p.proname::text from pg_proc p
    where p.pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')
      and p.proname not in ('pause_mentor', 'pause_mentors', 'amend_pause', 'plan_pause', 'amend_planned_pause', 'cancel_planned_pause', 'reactivate_mentor',
        'coordinator_roster', 'mentor_page', 'mentor_status_on', 'inbox_page', 'mark_read', 'set_weekly_digest', 'request_leave', 'answer_leave_request',
        'leave_requests_page', 'follow_up_page', 'acknowledge_undelivered', 'acknowledge_discrepancy', 'allow_address',
        'import_people', 'begin_invitation', 'finish_invitation', 'period_report', 'issue_period_report', 'issued_period_report',
        'compare_period_report', 'issued_reports_page', 'report_evidence') order by 1), -- 106 has those of invitations
  array(select command from commands order by 1), 'every command is among these');

-- Without anybody signed in, whatever the claims say.
select is(pg_temp.outcome('nobody at all', 'public.people_page()'), 'not_a_coordinator', 'a login without a profile keeps nobody');
select pg_temp.claim('authenticated', '{}');
select throws_ok($$ select public.register_person('Ny', pg_temp.id('oslo')) $$, 'PGRST', null, 'without claims a command is refused');
select pg_temp.sign_out();

-- A mentor of the future is kept already, and one who left belongs to the last chapter left.
select pg_temp.add_person('coming');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
values (pg_temp.id('oslo'), pg_temp.id('coming'), 'mentor', now() + interval '1 day');
select pg_temp.add_person('left');
select pg_temp.join_chapter('left', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.add_person('moved');
select pg_temp.join_chapter('moved', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.join_chapter('moved', 'mentor', 'bergen');
select pg_temp.add_mentor('shared', 'oslo');
select pg_temp.join_chapter('shared', 'mentor', 'bergen');
select is(
  pg_temp.outcome(actor, format('public.update_person(pg_temp.id(%L), ''Nytt'')', person)), outcome, format('%s renames %s', actor, person))
from (values
  ('administrator', 'coming', 'allowed'), ('administrator', 'left', 'allowed'), ('administrator', 'moved', 'not_found'),
  ('administrator', 'shared', 'not_found'), ('bergen administrator', 'moved', 'allowed'), ('bergen administrator', 'left', 'not_found'),
  ('office', 'shared', 'allowed'), ('administrator', 'nobody', 'not_found'), ('office', 'nobody', 'not_found')
) r (actor, person, outcome);

select * from finish();
rollback;
