-- Who may do what to which table: one test for each actor, table and command.
-- A table without expectations fails the second test, so new tables have to
-- come here.
begin;
\ir _fixtures.psql

select plan(959);

-- Oslo and Bergen, each with its own mentor and coordinator; a shared mentor in
-- both; people who have left; and people who were erased.
select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_chapter('empty chapter');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('former coordinator');
select pg_temp.join_chapter('former coordinator', 'coordinator', 'oslo', now() - interval '1 day');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_mentor('other mentor', 'oslo');
select pg_temp.add_mentor('bergen mentor', 'bergen');
select pg_temp.add_mentor('shared mentor', 'oslo');
select pg_temp.join_chapter('shared mentor', 'mentor', 'bergen');
select pg_temp.add_person('former mentor');
select pg_temp.join_chapter('former mentor', 'mentor', 'oslo', now() - interval '1 day');
select pg_temp.add_mentor('gone', 'oslo');
select pg_temp.add_mentor('bergen gone', 'bergen');

insert into public.certification_kinds (code) values ('pgtap unused');
select pg_temp.certify(name, 100)
from unnest(array['mentor', 'other mentor', 'bergen mentor', 'shared mentor', 'former mentor']) name;
select pg_temp.assign('mentor', 'coordinator');
select pg_temp.assign('other mentor', 'former coordinator');
select pg_temp.assign('bergen mentor', 'bergen coordinator');
select pg_temp.assign('former mentor', 'coordinator');
insert into public.pause_records (mentor_id, status, pause_reason)
select pg_temp.id(name), 'paused', 'Sykdom'
from unnest(array['mentor', 'other mentor', 'bergen mentor', 'shared mentor', 'former mentor']) name;
update public.pause_records set status = 'active' where mentor_id = pg_temp.id('mentor');
insert into public.pause_records (mentor_id, status, pause_reason) values (pg_temp.id('mentor'), 'paused', 'Ferie');
-- One of each mentor's notifications could not be delivered.
update public.notifications n set state = 'undeliverable'
where n.id in (select distinct on (o.mentor_id) o.id from public.notifications o order by o.mentor_id, o.id);
insert into public.status_discrepancies (mentor_id, kind)
select pg_temp.id(name), 'status_differs'
from unnest(array['mentor', 'other mentor', 'bergen mentor', 'shared mentor', 'former mentor']) name;
insert into public.nightly_runs (id, as_of, is_full, holder, fencing_token, lease_until, outcome, finished_at)
overriding system value values (-1, '2020-01-01', true, pg_temp.id('holder'), 0, 'epoch', 'completed', 'epoch');
-- Two mentors' notifications lie in inboxes: their own and a coordinator's.
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
select n.id, pg_temp.id(recipient), pg_temp.id(mentor), n.kind, 'Tittel', 'Tekst'
from (values ('mentor', 'mentor'), ('mentor', 'coordinator'), ('bergen mentor', 'bergen coordinator'), ('mentor', 'former coordinator'))
  r (mentor, recipient)
cross join lateral (select o.id, o.kind from public.notifications o where o.mentor_id = pg_temp.id(mentor) order by o.id limit 1) n;
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
select distinct on (n.mentor_id) n.id, n.mentor_id, n.kind, 'inbox', 'no_recipient', 'nobody'
from public.notifications n order by n.mentor_id, n.id;
insert into public.planned_pauses (mentor_id, starts_on, pause_reason)
select pg_temp.id(name), pg_temp.today() + 30, 'Reise' from unnest(array['mentor', 'bergen mentor', 'shared mentor', 'former mentor']) name;
insert into public.leave_requests (mentor_id, kind, reason)
select pg_temp.id(name), 'return', 'Frisk igjen' from unnest(array['mentor', 'bergen mentor', 'shared mentor', 'former mentor']) name;
-- Answered before the mentor came to Oslo, and after.
insert into public.leave_requests (mentor_id, kind, state, answered_at, created_at)
select pg_temp.id('mentor'), 'pause', 'declined', m.started_at + gap, m.started_at - interval '9 days'
from public.chapter_memberships m
cross join unnest(array[interval '-1 day', interval '1 day']) gap
where m.user_id = pg_temp.id('mentor');
delete from auth.users where id in (pg_temp.id('gone'), pg_temp.id('bergen gone'));
select pg_temp.add_person('office');
select pg_temp.appoint('office');
insert into public.contacts (person_id, email)
select pg_temp.id(name), pg_temp.id(name) || '@contact.example'
from unnest(array['mentor', 'bergen mentor', 'former mentor', 'bergen coordinator', 'administrator']) name;
insert into public.external_ids (source, external_id, person_id)
select 'pgtap', name, pg_temp.id(name) from unnest(array['mentor', 'bergen mentor', 'former mentor']) name;
-- Of the log, one row for each rule: about a person, about a chapter's person, about a chapter.
alter table public.people_log disable trigger user;
truncate public.people_log;
insert into public.people_log (command, person_id, chapter_id, occurred_at) values
  ('update_person', pg_temp.id('mentor'), null, now() - interval '1 hour'),
  ('update_person', pg_temp.id('bergen mentor'), null, now() - interval '1 hour'),
  ('update_person', pg_temp.id('former mentor'), null, now() - interval '2 days'),
  ('update_person', pg_temp.id('former mentor'), null, now() - interval '1 hour'), -- after leaving
  ('update_person', pg_temp.id('shared mentor'), null, now() - interval '3 years'), -- before joining
  ('end_membership', pg_temp.id('shared mentor'), pg_temp.id('bergen'), now() - interval '1 hour'),
  ('save_chapter', null, pg_temp.id('oslo'), now() - interval '1 hour');
alter table public.people_log enable trigger user;

-- A report of Oslo, and one of Bergen and Oslo.
alter table public.period_reports disable trigger user;
insert into public.period_reports (id, from_date, to_date, chapter_ids, issued_at, issued_by, as_known_at, time_zone, rule_version, rules, sha256, manifest)
select pg_temp.id('report of ' || w.name), '2024-01-01', '2024-12-31', w.chapters, now(), pg_temp.id('administrator'), now(), 'Europe/Oslo', '1', '',
  encode(sha256(convert_to(w.name, 'UTF8')), 'hex'), w.name
from (values ('oslo', array[pg_temp.id('oslo')]), ('all', array[pg_temp.id('bergen'), pg_temp.id('oslo')])) w (name, chapters);
alter table public.period_reports enable trigger user;

-- What to call a row in the expectations: whom, or which chapter, it is about.
create function pg_temp.key(r jsonb) returns text
language sql immutable as $$
  select coalesce(r ->> 'id', r ->> 'person_id', r ->> 'code')
$$;
create temporary table labels (relation text, key text, label text, primary key (relation, key));
grant select on labels to public;
insert into labels
  select 'profiles', p.id::text, p.name from people p
  union all
  select 'chapters', pg_temp.id(name)::text, name from unnest(array['oslo', 'bergen', 'empty chapter']) name
  union all
  select 'chapter_memberships', m.id::text, p.name from public.chapter_memberships m join people p on p.id = m.user_id
  union all
  select 'certifications', c.id::text, p.name from public.certifications c join people p on p.id = c.mentor_id
  union all
  select 'coordinator_assignments', a.id::text, p.name from public.coordinator_assignments a join people p on p.id = a.mentor_id
  union all
  select 'pause_records', r.id::text, p.name from public.pause_records r join people p on p.id = r.mentor_id
  union all
  select 'planned_pauses', q.id::text, p.name from public.planned_pauses q join people p on p.id = q.mentor_id
  union all
  select 'leave_requests', l.id::text, p.name from public.leave_requests l join people p on p.id = l.mentor_id
  union all
  select 'pause_status_log', l.id::text, p.name from public.pause_status_log l join people p on p.id = l.mentor_id
  union all
  select 'notifications', n.id::text, p.name from public.notifications n join people p on p.id = n.mentor_id
  union all
  select 'notification_inbox', i.id::text, p.name from public.notification_inbox i join people p on p.id = i.recipient_id
  union all
  select 'notification_attempts', a.id::text, p.name from public.notification_attempts a join people p on p.id = a.mentor_id
  union all
  select 'undelivered_notifications', n.id::text, p.name from public.notifications n join people p on p.id = n.mentor_id
  union all
  select 'status_discrepancies', d.id::text, p.name from public.status_discrepancies d join people p on p.id = d.mentor_id
  union all
  select 'nightly_runs', '-1', 'a run'
  union all
  select 'erasures', e.id::text, p.name from public.erasures e join people p on p.id = e.person_id
  union all
  select 'organisation_administrators', o.id::text, p.name from public.organisation_administrators o join people p on p.id = o.user_id
  union all
  select 'certification_kinds', 'basic course', 'a kind'
  union all
  select 'contacts', p.id::text, p.name from people p
  union all
  select 'external_ids', p.id::text, p.name from people p
  union all
  select 'period_reports', pg_temp.id('report of ' || name)::text, name from unnest(array['oslo', 'all']) name
  union all
  select 'people_log', l.id::text, coalesce(p.name, 'a chapter') from public.people_log l left join people p on p.id = l.person_id;

-- Reading. anon is denied everywhere; service_role sees every row there is. A
-- coordinator also sees who else belongs to the chapter, now and before: that
-- is how the membership of their mentors is read.
create temporary table reads (
  relation text, mentor text, other_mentor text, coordinator text, bergen_coordinator text,
  former_coordinator text, administrator text, office text, service_role text
);
insert into reads values
  ('profiles', 'mentor', 'other mentor',
    'administrator, coordinator, mentor, other mentor, shared mentor',
    'bergen coordinator, bergen mentor, shared mentor',
    'former coordinator',
    'administrator, coordinator, mentor, other mentor, shared mentor',
    'administrator, bergen coordinator, bergen gone, bergen mentor, coordinator, former coordinator, former mentor, gone, mentor, office, other mentor, shared mentor',
    'administrator, bergen coordinator, bergen gone, bergen mentor, coordinator, former coordinator, former mentor, gone, mentor, office, other mentor, shared mentor'),
  ('chapters', 'oslo', 'oslo', 'oslo', 'bergen', '', 'oslo', 'bergen, empty chapter, oslo',
    'bergen, empty chapter, oslo'),
  ('chapter_memberships', 'mentor', 'other mentor',
    'administrator, coordinator, former coordinator, former mentor, gone, mentor, other mentor, shared mentor',
    'bergen coordinator, bergen gone, bergen mentor, shared mentor',
    'former coordinator',
    'administrator, coordinator, former coordinator, former mentor, gone, mentor, other mentor, shared mentor',
    'administrator, bergen coordinator, bergen gone, bergen mentor, coordinator, former coordinator, former mentor, gone, mentor, other mentor, shared mentor ×2',
    'administrator, bergen coordinator, bergen gone, bergen mentor, coordinator, former coordinator, former mentor, gone, mentor, other mentor, shared mentor ×2'),
  ('certifications', 'mentor', 'other mentor',
    'mentor, other mentor, shared mentor', 'bergen mentor, shared mentor', '', 'mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor'),
  ('coordinator_assignments', 'mentor', 'other mentor',
    'mentor, other mentor', 'bergen mentor', '', 'mentor, other mentor',
    'bergen mentor, former mentor, mentor, other mentor',
    'bergen mentor, former mentor, mentor, other mentor'),
  ('pause_records', 'mentor ×2', 'other mentor',
    'mentor ×2, other mentor, shared mentor', 'bergen mentor, shared mentor', '', 'mentor ×2, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor ×2, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor ×2, other mentor, shared mentor'),
  ('pause_status_log', 'mentor ×3', 'other mentor',
    'mentor ×3, other mentor, shared mentor', 'bergen mentor, shared mentor', '', 'mentor ×3, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor ×3, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor ×3, other mentor, shared mentor'),
  ('notifications', '', '', '', '', '', 'former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor',
    'bergen mentor ×2, former mentor ×2, mentor ×6, other mentor ×2, shared mentor ×2'),
  ('notification_inbox', 'mentor', '', 'coordinator', 'bergen coordinator', 'former coordinator', '',
    '',
    'bergen coordinator, coordinator, former coordinator, mentor'),
  ('notification_attempts', '', '', '', '', '', 'former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor'),
  ('undelivered_notifications', '', '', '', '', '', 'former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor'),
  ('status_discrepancies', '', '', '', '', '', 'former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor',
    'bergen mentor, former mentor, mentor, other mentor, shared mentor'),
  ('planned_pauses', 'mentor', '', 'mentor, shared mentor', 'bergen mentor, shared mentor', '', 'mentor, shared mentor',
    'bergen mentor, former mentor, mentor, shared mentor', 'bergen mentor, former mentor, mentor, shared mentor'),
  ('leave_requests', 'mentor ×3', '', 'mentor ×2, shared mentor', 'bergen mentor, shared mentor', '', 'mentor ×2, shared mentor',
    'bergen mentor, former mentor, mentor ×3, shared mentor', 'bergen mentor, former mentor, mentor ×3, shared mentor'),
  ('nightly_runs', '42501', '42501', '42501', '42501', '42501', '42501', '42501',
    'a run'),
  ('erasures', '', '', '', '', '', 'gone', 'bergen gone, gone',
    'bergen gone, gone'),
  ('organisation_administrators', '', '', '', '', '', '', 'office', 'office'),
  ('certification_kinds', 'a kind', 'a kind', 'a kind', 'a kind', 'a kind', 'a kind', 'a kind', 'a kind'),
  ('contacts', 'mentor', '', 'mentor', 'bergen coordinator, bergen mentor', '', 'administrator, mentor',
    'administrator, bergen coordinator, bergen mentor, former mentor, mentor', 'administrator, bergen coordinator, bergen mentor, former mentor, mentor'),
  ('external_ids', 'mentor', '', '', '', '', 'mentor', 'bergen mentor, former mentor, mentor', 'bergen mentor, former mentor, mentor'),
  ('period_reports', '', '', '', '', '', 'oslo', 'all, oslo', 'all, oslo'),
  ('people_log', 'mentor', '', '', '', '', 'a chapter, former mentor, mentor',
    'a chapter, bergen mentor, former mentor ×2, mentor, shared mentor ×2', 'a chapter, bergen mentor, former mentor ×2, mentor, shared mentor ×2');

-- Writing. Nobody may, except service_role where the organisation's other
-- systems keep the table. Each attempt would be fine by every constraint.
create temporary table writes (relation text, command text, statement text, service_role_may boolean);
insert into writes values
  ('profiles', 'insert', $$insert into public.profiles (id, display_name) values (pg_temp.id('new'), 'Ny')$$, true),
  ('profiles', 'update', $$update public.profiles set display_name = 'Annen' where id = pg_temp.id('mentor')$$, true),
  ('profiles', 'delete', $$delete from public.profiles where id = pg_temp.id('mentor')$$, false),
  ('chapters', 'insert', $$insert into public.chapters (name) values ('Ny')$$, true),
  ('chapters', 'update', $$update public.chapters set name = 'Annet' where id = pg_temp.id('oslo')$$, true),
  ('chapters', 'delete', $$delete from public.chapters where id = pg_temp.id('empty chapter')$$, true),
  ('chapter_memberships', 'insert',
    $$insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('bergen'), pg_temp.id('mentor'), 'administrator')$$, true),
  ('chapter_memberships', 'update',
    $$update public.chapter_memberships set role = 'administrator' where user_id = pg_temp.id('mentor')$$, true),
  ('chapter_memberships', 'delete', $$delete from public.chapter_memberships where user_id = pg_temp.id('mentor')$$, true),
  ('certifications', 'insert',
    $$insert into public.certifications (mentor_id, kind, issued_on) values (pg_temp.id('mentor'), 'police certificate', '2020-01-01')$$, true),
  ('certifications', 'update', $$update public.certifications set expires_on = expires_on - 1 where mentor_id = pg_temp.id('mentor')$$, true),
  ('certifications', 'delete', $$delete from public.certifications where mentor_id = pg_temp.id('mentor')$$, true),
  ('coordinator_assignments', 'insert',
    $$insert into public.coordinator_assignments (mentor_id, coordinator_id) values (pg_temp.id('mentor'), pg_temp.id('bergen coordinator'))$$, true),
  ('coordinator_assignments', 'update',
    $$update public.coordinator_assignments set ended_at = now() where mentor_id = pg_temp.id('mentor')$$, true),
  ('coordinator_assignments', 'delete', $$delete from public.coordinator_assignments where mentor_id = pg_temp.id('mentor')$$, true),
  ('pause_records', 'insert', $$insert into public.pause_records (mentor_id, status) values (pg_temp.id('administrator'), 'paused')$$, false),
  ('pause_records', 'update', $$update public.pause_records set status = 'active' where id = pg_temp.live_id('mentor')$$, false),
  ('pause_records', 'delete', $$delete from public.pause_records where mentor_id = pg_temp.id('mentor')$$, false),
  ('planned_pauses', 'insert',
    $$insert into public.planned_pauses (mentor_id, starts_on) values (pg_temp.id('other mentor'), pg_temp.today() + 9)$$, false),
  ('planned_pauses', 'update', $$update public.planned_pauses set starts_on = starts_on + 1 where mentor_id = pg_temp.id('mentor')$$, false),
  ('planned_pauses', 'delete', $$delete from public.planned_pauses where mentor_id = pg_temp.id('mentor')$$, false),
  ('leave_requests', 'insert', $$insert into public.leave_requests (mentor_id, kind) values (pg_temp.id('other mentor'), 'return')$$, false),
  ('leave_requests', 'update',
    $$update public.leave_requests set state = 'accepted', answered_at = now() where mentor_id = pg_temp.id('mentor') and state = 'open'$$, false),
  ('leave_requests', 'delete', $$delete from public.leave_requests where mentor_id = pg_temp.id('mentor')$$, false),
  ('pause_status_log', 'insert',
    $$insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
      values (pg_temp.id('record'), pg_temp.id('mentor'), 'active', 'paused', 'system', 1, '2020-01-01')$$, false),
  ('pause_status_log', 'update', $$update public.pause_status_log set effective_on = '2020-01-01' where mentor_id = pg_temp.id('mentor')$$, false),
  ('pause_status_log', 'delete', $$delete from public.pause_status_log where mentor_id = pg_temp.id('mentor')$$, false),
  ('notifications', 'insert',
    $$insert into public.notifications (mentor_id, audience, kind) values (pg_temp.id('mentor'), 'mentor', 'return_due')$$, false),
  ('notifications', 'update', $$update public.notifications set acknowledged_at = now() where mentor_id = pg_temp.id('mentor')$$, false),
  ('notifications', 'delete', $$delete from public.notifications where mentor_id = pg_temp.id('mentor')$$, false),
  ('notification_inbox', 'insert',
    $$insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
      values (pg_temp.id('new'), pg_temp.id('mentor'), pg_temp.id('mentor'), 'return_due', 'Tittel', '')$$, false),
  -- That a recipient may say that it was read is in 080.
  ('notification_inbox', 'update', $$update public.notification_inbox set title = 'Annen' where mentor_id = pg_temp.id('mentor')$$, false),
  ('notification_inbox', 'delete', $$delete from public.notification_inbox where mentor_id = pg_temp.id('mentor')$$, false),
  ('notification_attempts', 'insert',
    $$insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
      values (pg_temp.id('new'), pg_temp.id('mentor'), 'return_due', 'inbox', 'no_recipient', 'nobody')$$, false),
  ('notification_attempts', 'update', $$update public.notification_attempts set reason = 'x' where mentor_id = pg_temp.id('mentor')$$, false),
  ('notification_attempts', 'delete', $$delete from public.notification_attempts where mentor_id = pg_temp.id('mentor')$$, false),
  ('status_discrepancies', 'insert',
    $$insert into public.status_discrepancies (mentor_id, kind) values (pg_temp.id('mentor'), 'status_differs')$$, false),
  ('status_discrepancies', 'update',
    $$update public.status_discrepancies set acknowledged_at = now() where mentor_id = pg_temp.id('mentor')$$, false),
  ('status_discrepancies', 'delete', $$delete from public.status_discrepancies where mentor_id = pg_temp.id('mentor')$$, false),
  ('nightly_runs', 'insert',
    $$insert into public.nightly_runs (as_of, is_full, holder, fencing_token, lease_until) values ('2020-01-01', true, pg_temp.id('holder'), 0, 'epoch')$$, false),
  ('nightly_runs', 'update', $$update public.nightly_runs set expired = 7$$, false),
  ('nightly_runs', 'delete', $$delete from public.nightly_runs$$, false),
  ('erasures', 'insert', $$insert into public.erasures (person_id) values (pg_temp.id('mentor'))$$, false),
  ('erasures', 'update', $$update public.erasures set erased_at = 'epoch' where person_id = pg_temp.id('gone')$$, false),
  ('erasures', 'delete', $$delete from public.erasures where person_id = pg_temp.id('gone')$$, false),
  ('organisation_administrators', 'insert', $$insert into public.organisation_administrators (user_id) values (pg_temp.id('mentor'))$$, false),
  ('organisation_administrators', 'update', $$update public.organisation_administrators set ended_at = now() where user_id = pg_temp.id('office')$$, false),
  ('organisation_administrators', 'delete', $$delete from public.organisation_administrators where user_id = pg_temp.id('office')$$, false),
  ('certification_kinds', 'insert', $$insert into public.certification_kinds (code) values ('pgtap new')$$, true),
  ('certification_kinds', 'update', $$update public.certification_kinds set name_nb = 'Annet' where code = 'basic course'$$, true),
  ('certification_kinds', 'delete', $$delete from public.certification_kinds where code = 'pgtap unused'$$, true),
  ('contacts', 'insert', $$insert into public.contacts (person_id) values (pg_temp.id('other mentor'))$$, true),
  ('contacts', 'update', $$update public.contacts set phone = '+4799999999' where person_id = pg_temp.id('mentor')$$, true),
  ('contacts', 'delete', $$delete from public.contacts where person_id = pg_temp.id('mentor')$$, true),
  ('external_ids', 'insert', $$insert into public.external_ids values ('pgtap', 'new', pg_temp.id('mentor'))$$, true),
  ('external_ids', 'update', $$update public.external_ids set external_id = 'other' where person_id = pg_temp.id('mentor')$$, true),
  ('external_ids', 'delete', $$delete from public.external_ids where person_id = pg_temp.id('mentor')$$, true),
  ('period_reports', 'insert', $$insert into public.period_reports select pg_temp.id('new'), from_date, to_date, chapter_ids, issued_at, issued_by, as_known_at, time_zone, rule_version, rules, sha256, manifest from public.period_reports limit 1$$, false),
  ('period_reports', 'update', $$update public.period_reports set rules = 'typed in'$$, false),
  ('period_reports', 'delete', $$delete from public.period_reports$$, false),
  ('people_log', 'insert', $$insert into public.people_log (command) values ('update_person')$$, false),
  ('people_log', 'update', $$update public.people_log set actor_id = person_id where person_id = pg_temp.id('mentor')$$, false),
  ('people_log', 'delete', $$delete from public.people_log where person_id = pg_temp.id('mentor')$$, false);
insert into writes
  select r.relation, 'truncate', format('truncate public.%I', r.relation), false
  from reads r join pg_class c on c.oid = format('public.%I', r.relation)::regclass
  where c.relkind = 'r'; -- a view of several tables can't be written

-- The rows that the actor sees, by label; a row of somebody else's, which has
-- no label, counts too, except for service_role, who sees whatever else is in
-- the database.
create function pg_temp.seen(actor text, relation text) returns text
language plpgsql as $$
declare
  result text;
begin
  perform pg_temp.become(actor);
  begin
    execute format(
      $q$ select coalesce(string_agg(s.label || case when s.times > 1 then ' ×' || s.times else '' end, ', ' order by s.label collate "C"), '')
          from (
            select coalesce(l.label, 'a stranger''s') as label, count(*) as times
            from public.%1$I t left join pg_temp.labels l on l.relation = %1$L and l.key = pg_temp.key(to_jsonb(t))
            where l.label is not null or %2$L not in ('service_role', 'office') and %1$L <> 'certification_kinds'
            group by 1) s $q$,
      relation, actor) into result;
  exception when others then
    result := sqlstate;
  end;
  perform pg_temp.sign_out();
  return result;
end
$$;

create function pg_temp.contents(relation text) returns text
language plpgsql as $$
declare
  result text;
begin
  execute format($q$ select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from public.%I t $q$, relation) into result;
  return result;
end
$$;

-- How the attempt ended and, looked at by the owner, whether the table changed.
-- Whatever it did is rolled back.
create function pg_temp.attempt(actor text, statement text, relation text) returns text
language plpgsql as $$
declare
  before text := pg_temp.contents(relation);
  outcome text := 'allowed';
begin
  begin
    perform pg_temp.become(actor);
    begin
      execute statement;
    exception when others then
      outcome := sqlstate;
    end;
    perform pg_temp.sign_out();
    raise exception using errcode = 'TAP00',
      message = outcome || case when pg_temp.contents(relation) = before then ', unchanged' else ', changed' end;
  exception when sqlstate 'TAP00' then
    outcome := sqlerrm;
  end;
  return outcome;
end
$$;

select is(
  array(select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1),
  array(select r.relation from reads r order by 1),
  'every relation of public has expectations for reading');
select is(
  array(select w.relation || ' ' || w.command from writes w order by 1),
  array(
    select t.relname || ' ' || c
    from pg_class t cross join unnest(array['insert', 'update', 'delete', 'truncate']) c
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
    order by 1),
  'and for each command that writes a table');

-- Whether a denial shows depends on the attempts: as the owner, whom nothing but
-- the guards stops, they succeed.
select is(pg_temp.attempt('owner', w.statement, w.relation), 'allowed, changed', 'the attempt to ' || w.command || ' is valid in itself: ' || w.relation)
from writes w
where (w.relation, w.command) in (('pause_records', 'insert'), ('pause_records', 'update'));
select is(
  pg_temp.attempt('owner', 'update public.chapters set name = name', 'chapters'), 'allowed, unchanged',
  'what an attempt changed is looked at, not how many rows it met');

select is(
  pg_temp.seen(a.actor, r.relation),
  case a.actor
    when 'mentor' then r.mentor
    when 'other mentor' then r.other_mentor
    when 'coordinator' then r.coordinator
    when 'bergen coordinator' then r.bergen_coordinator
    when 'former coordinator' then r.former_coordinator
    when 'administrator' then r.administrator
    when 'office' then r.office
    when 'anon' then '42501'
    when 'service_role' then r.service_role
  end,
  format('%s selects from %s only what is theirs to see', a.actor, r.relation))
from unnest(array['mentor', 'other mentor', 'coordinator', 'bergen coordinator', 'former coordinator', 'administrator', 'office',
  'anon', 'service_role']) with ordinality a (actor, place)
cross join reads r
order by a.place, r.relation;

select is(
  pg_temp.attempt(a.actor, w.statement, w.relation),
  case when a.actor = 'service_role' and w.service_role_may then 'allowed, changed' else '42501, unchanged' end,
  format('%s %s %s %s', a.actor, case when a.actor = 'service_role' and w.service_role_may then 'may' else 'may not' end, w.command, w.relation))
from unnest(array['mentor', 'other mentor', 'coordinator', 'bergen coordinator', 'former coordinator', 'administrator', 'office',
  'anon', 'service_role']) with ordinality a (actor, place)
cross join writes w
order by a.place, w.relation, w.command;

select * from finish();
rollback;
