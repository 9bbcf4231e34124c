-- One mentor's page: what is on it, for whom, and from when on; and its pages.
begin;
\ir _fixtures.psql

select plan(98);

-- Kari is Oslo's, Per moved from Oslo to Bergen, Nina is nobody's any more.
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo', 'Åse Koordinator');
select pg_temp.add_coordinator('bergen coordinator', 'bergen', 'Cecilie Koordinator');
select pg_temp.add_person('administrator', 'Anne Leder');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office', 'Olav Kontor');
select pg_temp.appoint('office');
select pg_temp.add_mentor('kari', 'oslo', 'Kari Moen');
select pg_temp.add_mentor('other', 'oslo', 'Ola Annen');
select pg_temp.add_mentor('per', 'oslo', 'Per Flyttet');
select pg_temp.add_person('nina', 'Nina Ferdig');
select pg_temp.join_chapter('nina', 'mentor', 'oslo', now() - interval '9 days');
select pg_temp.add_mentor('gone', 'oslo', 'Gunn Slettet');
select pg_temp.assign('kari', 'coordinator');
select pg_temp.assign('per', 'coordinator');
insert into public.contacts (person_id, email, phone) values (pg_temp.id('kari'), 'gammel@pgtap.example', '+4790000001');
-- Who has no login, with another profile of the same person.
insert into public.profiles (id, display_name) values (pg_temp.id('double'), 'Kari M'), (pg_temp.id('single'), 'Uten Konto');
select pg_temp.join_chapter(name, 'mentor', 'oslo') from unnest(array['double', 'single']) name;
insert into public.contacts (person_id, email) values (pg_temp.id('single'), 'uten.konto@pgtap.example');

create function pg_temp.page(actor text, mentor text, arguments text default '') returns jsonb
language sql as $$ select pg_temp.answer(actor, format('public.mentor_page(pg_temp.id(%L)%s)', mentor, arguments)) $$;

-- The columns of an element, in order.
create function pg_temp.keys(element jsonb) returns text
language sql as $$ select string_agg(k, ' ' order by k collate "C") from jsonb_object_keys(element) k $$;

-- The timeline, newest first.
create function pg_temp.timeline(page jsonb) returns text[]
language sql as $$
  select array(
    select format('%s>%s v%s %s', l ->> 'from_status', l ->> 'to_status', l ->> 'record_version', coalesce(l ->> 'actor_name', '-'))
    from jsonb_array_elements(page -> 'timeline') with ordinality r (l, o) order by o)
$$;

-- What was sent, to whom and by what; newest first.
create function pg_temp.sent(page jsonb) returns text[]
language sql as $$
  select array(
    select format('%s to %s by %s: %s', s ->> 'kind', coalesce(s ->> 'recipient_name', 'nobody'), s ->> 'channel', s ->> 'outcome')
    from jsonb_array_elements(page -> 'sent') with ordinality r (s, o) order by o)
$$;

-- Delivers what is due, as the dispatcher does, to inboxes.
create function pg_temp.dispatch() returns void
language plpgsql as $$
declare
  claimed jsonb := public.claim_notifications(500, 60, false);
  inbox jsonb;
begin
  select jsonb_agg(jsonb_build_object('notification_id', n ->> 'id', 'recipient_id', r ->> 'id', 'recipient_role', r ->> 'role',
    'chosen_because', r ->> 'chosen_because', 'title', 'Tittel', 'body', 'Tekst'))
  into inbox
  from jsonb_array_elements(claimed -> 'notifications') n cross join jsonb_array_elements(n -> 'recipients') r;
  perform public.record_notifications((claimed ->> 'claim')::uuid, coalesce(inbox, '[]'),
    finished => array(select (n ->> 'id')::uuid from jsonb_array_elements(claimed -> 'notifications') n));
end
$$;
update public.notifications set state = 'settled' where state = 'pending';

-- Kari: certified, paused twice; the first pause is over.
select pg_temp.certify('kari', 20, -700, 'course');
select pg_temp.certify('kari', 300, -10, 'police');
select pg_temp.certify('kari', -5, -400, 'police');
select pg_temp.certify('kari', 10, -300, 'first aid');
select pg_temp.certify('kari', 400, 5, 'first aid');
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Sykdom', pg_temp.today() + 9)$$);
select pg_temp.dispatch();
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'))$$);
select pg_temp.dispatch();
select pg_temp.answer('administrator', $$public.pause_mentor(pg_temp.id('kari'), 'Reise')$$);
select pg_temp.dispatch();

-- A coordinator.

select is(pg_temp.keys(pg_temp.page('coordinator', 'kari')),
  'as_of assignments certifications closed_pauses contacts hints leave_requests memberships next_cursor pause_record planned_pause profile recipients sent status timeline',
  'one call gives one page');
select is(pg_temp.page('coordinator', 'kari') -> 'as_of', to_jsonb(pg_temp.today()), 'as of today');
select is(pg_temp.page('coordinator', 'kari') -> 'profile',
  jsonb_build_object('id', pg_temp.id('kari'), 'display_name', 'Kari Moen', 'locale', 'nb'), 'who it is');
select is(pg_temp.page('coordinator', 'kari') ->> 'status', 'paused', 'the status');
select is(pg_temp.page('coordinator', 'kari') -> 'contacts',
  jsonb_build_object('email', pg_temp.id('kari') || '@pgtap.example', 'phone', '+4790000001'), 'of somebody with a login, the address of Supabase Auth counts');
select is(pg_temp.page('coordinator', 'single') -> 'contacts', '{"email": "uten.konto@pgtap.example", "phone": null}', 'of others what is entered');
select is(pg_temp.page('coordinator', 'kari') -> 'recipients',
  jsonb_build_array(jsonb_build_object('id', pg_temp.id('coordinator'), 'display_name', 'Åse Koordinator', 'role', 'coordinator')), 'who would be told');
select is(pg_temp.page('coordinator', 'other') -> 'recipients',
  jsonb_build_array(jsonb_build_object('id', pg_temp.id('administrator'), 'display_name', 'Anne Leder', 'role', 'administrator')), 'without a responsible coordinator, the administrator');
select is(
  array(select format('%s %s %s', c ->> 'kind', (c ->> 'expires_on')::date - pg_temp.today(), c ->> 'state')
        from jsonb_array_elements(pg_temp.page('coordinator', 'kari') -> 'certifications') c),
  array['first aid 400 upcoming', 'police 300 valid', 'first aid 10 valid', 'police -5 expired', 'course 20 expiring'],
  'each certification has its state, and who has renewed is not expiring');
select is(pg_temp.keys(pg_temp.page('coordinator', 'kari') #> '{certifications,0}'),
  'expires_on id issued_on kind mentor_id name_en name_nb name_nn state', 'with the names of its kind');
select is((pg_temp.page('coordinator', 'kari') #> '{memberships,0}') - '{id,started_at}'::text[],
  jsonb_build_object('chapter_id', pg_temp.id('oslo'), 'chapter_name', 'oslo', 'user_id', pg_temp.id('kari'), 'role', 'mentor', 'ended_at', null,
    'first_day', ((now() - interval '2 years') at time zone 'Europe/Oslo')::date, 'last_day', null), 'a membership has its first day');
select is((pg_temp.page('coordinator', 'kari') #> '{assignments,0}') - '{id,started_at}'::text[],
  jsonb_build_object('mentor_id', pg_temp.id('kari'), 'coordinator_id', pg_temp.id('coordinator'), 'coordinator_name', 'Åse Koordinator', 'ended_at', null),
  'who is responsible');
select is(pg_temp.page('coordinator', 'kari') -> 'pause_record',
  (select to_jsonb(r) - '{first_version,effective_on,certification_kind,planned_pause_id,open_since}'::text[] from public.pause_records r where r.id = pg_temp.live_id('kari')), 'the live record');
select is(pg_temp.page('coordinator', 'kari') -> 'closed_pauses',
  (select jsonb_agg(to_jsonb(r) - '{first_version,effective_on,certification_kind,planned_pause_id,open_since}'::text[]) from public.pause_records r
   where r.mentor_id = pg_temp.id('kari') and r.status = 'active'), 'the closed ones');
select is(pg_temp.page('coordinator', 'kari') -> 'planned_pause', 'null', 'nothing is planned');
select is(pg_temp.page('coordinator', 'kari') -> 'leave_requests', '[]', 'nothing is asked for');
select is(pg_temp.timeline(pg_temp.page('coordinator', 'kari')),
  array['active>paused v3 Anne Leder', 'paused>active v2 Åse Koordinator', 'active>paused v1 Åse Koordinator'], 'the log, newest first, with who');
select is((pg_temp.page('coordinator', 'kari') #> '{timeline,0}') - 'actor_name',
  (select to_jsonb(l) from public.pause_status_log l where l.mentor_id = pg_temp.id('kari') order by l.id desc limit 1), 'has the columns of the log');
select is(
  (select array_agg(s order by s collate "C") from unnest(pg_temp.sent(pg_temp.page('coordinator', 'kari'))) s),
  array['mentor_paused to Kari Moen by inbox: delivered', 'mentor_paused to Kari Moen by inbox: delivered',
    'mentor_paused to Åse Koordinator by inbox: delivered', 'mentor_paused to Åse Koordinator by inbox: delivered',
    'mentor_reactivated to Kari Moen by inbox: delivered', 'mentor_reactivated to Åse Koordinator by inbox: delivered'],
  'what was sent, and to whom');
select is(pg_temp.keys(pg_temp.page('coordinator', 'kari') #> '{sent,0}'),
  'attempted_at channel created_at kind notification_id outcome recipient_id recipient_name recipient_role', 'as these fields');
select is(pg_temp.page('administrator', 'kari') -> list, pg_temp.page('coordinator', 'kari') -> list, list || ' names the same people, whoever looks')
from unnest(array['timeline', 'sent']) list;
select is(pg_temp.page('coordinator', 'kari') -> 'next_cursor', 'null', 'all of it on one page');
select is(pg_temp.page('coordinator', 'other') - '{as_of,profile,contacts,memberships,recipients}'::text[],
  '{"status": "active", "certifications": [], "assignments": [], "pause_record": null, "planned_pause": null, "leave_requests": [],
    "closed_pauses": [], "hints": [], "timeline": [], "sent": [], "next_cursor": null}', 'of somebody with no history there is none');

-- Whose page it is.

select is(pg_temp.page('administrator', 'kari'), pg_temp.page('coordinator', 'kari'), 'an administrator sees what a coordinator does');
select is(pg_temp.page('office', 'kari'), pg_temp.page('coordinator', 'kari'), 'as does an organisation administrator');
select pg_temp.refuses('bergen coordinator', $$public.mentor_page(pg_temp.id('kari'))$$, 'mentor_not_found', 404, 'a coordinator of another chapter: as if absent');
select pg_temp.refuses('coordinator', $$public.mentor_page(gen_random_uuid())$$, 'mentor_not_found', 404, 'who is absent');
select pg_temp.refuses('other', $$public.mentor_page(pg_temp.id('kari'))$$, 'not_a_coordinator', 403, 'another mentor');
select pg_temp.refuses('coordinator', $$public.mentor_page()$$, 'invalid_request', 400, 'whose page', 'mentor_id');
select pg_temp.refuses('coordinator', format('public.mentor_page(pg_temp.id(''kari''), %s)', size), 'invalid_request', 400, 'a page of ' || size, 'limit')
from unnest(array[0, 201, -1]) size;
select throws_ok(format($$ select pg_temp.answer(%L, 'public.mentor_page(pg_temp.id(''kari''))') $$, actor), '42501', null, actor || ' may not')
from unnest(array['anon', 'service_role']) actor;
select is(has_function_privilege('pause_scheduler', 'public.mentor_page(uuid,integer,text)', 'execute'), false, 'nor may the scheduler');
select pg_temp.refuses('coordinator', $$public.mentor_page(pg_temp.id('nina'))$$, 'mentor_not_found', 404, 'who has left is nobody''s');
select is(pg_temp.page('office', 'nina') ->> 'status', 'not_a_mentor', 'but for the office, whose history all is');
select pg_temp.refuses('office', $$public.mentor_page(pg_temp.id('coordinator'))$$, 'mentor_not_found', 404, 'who was never a mentor');

-- One's own.

select is(pg_temp.page('kari', 'kari') - 'sent', pg_temp.page('coordinator', 'kari') - 'sent', 'one''s own page is the same');
select is(
  (select array_agg(s order by s collate "C") from unnest(pg_temp.sent(pg_temp.page('kari', 'kari'))) s),
  array['mentor_paused to Kari Moen by inbox: delivered', 'mentor_paused to Kari Moen by inbox: delivered', 'mentor_reactivated to Kari Moen by inbox: delivered'],
  'without what was sent to others');
select is(pg_temp.page('nina', 'nina') ->> 'status', 'not_a_mentor', 'also of who has left');
select is(pg_temp.page('coordinator', 'coordinator') - '{as_of,contacts,profile,memberships}'::text[],
  '{"status": "not_a_mentor", "recipients": [], "certifications": [], "assignments": [], "pause_record": null, "planned_pause": null,
    "leave_requests": [], "closed_pauses": [], "hints": [], "timeline": [], "sent": [], "next_cursor": null}', 'and of who never was a mentor');
select is(pg_temp.page('coordinator', 'coordinator') #>> '{memberships,0,role}', 'coordinator', 'with the memberships there are');
-- Who coordinates the chapter in which they are a mentor sees messages to others as its coordinator.
select pg_temp.join_chapter('other', 'coordinator', 'oslo');
select pg_temp.answer('other', $$public.pause_mentor(pg_temp.id('other'), 'Ferie')$$);
select pg_temp.dispatch();
select is(cardinality(pg_temp.sent(pg_temp.page('other', 'other'))), 2, 'whoever manages themself sees both');
delete from public.chapter_memberships where id = pg_temp.id('other coordinator in oslo');
select is(pg_temp.sent(pg_temp.page('other', 'other')), array['mentor_paused to Ola Annen by inbox: delivered'], 'and after that one''s own');

-- Facts, before any night has stored them.

update public.certifications set expires_on = pg_temp.today() - 1 where mentor_id = pg_temp.id('kari') and kind = 'course';
select is(pg_temp.page('coordinator', 'kari') ->> 'status', 'expired_cert', 'a certification that ended yesterday');
select is(pg_temp.page('coordinator', 'kari') #>> '{pause_record,status}', 'expired_cert', 'the live record is shown as the facts have it');
select is(pg_temp.page('coordinator', 'kari') #>> '{pause_record,pause_reason}', 'Reise', 'with its reason');
select is(cardinality(pg_temp.timeline(pg_temp.page('coordinator', 'kari'))), 3, 'while nothing is logged yet');
select pg_temp.certify('kari', 500, 0, 'course');
select is(pg_temp.page('coordinator', 'kari') ->> 'status', 'paused', 'renewed');
insert into public.certification_kinds (code, name_nb, name_nn, name_en, is_required) values ('oath', 'Løfte', 'Lovnad', 'Oath', true);
select is(pg_temp.page('coordinator', 'kari') #> '{certifications,0}',
  jsonb_build_object('id', null, 'mentor_id', pg_temp.id('kari'), 'kind', 'oath', 'name_nb', 'Løfte', 'name_nn', 'Lovnad', 'name_en', 'Oath',
    'issued_on', null, 'expires_on', null, 'state', 'expired'), 'one that is required and lacking equals an expired one');
select is(pg_temp.page('coordinator', 'kari') ->> 'status', 'expired_cert', 'which shows in the status');
select pg_temp.certify(name, null, -900, 'oath') from unnest(array['kari', 'other', 'per']) name;

-- Who left and came back: the pause from before counts no more, though no night has closed it.
select pg_temp.add_person('back', 'Bo Tilbake');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
  (pg_temp.id('oslo'), pg_temp.id('back'), 'mentor', now() - interval '700 days', now() - interval '20 days'),
  (pg_temp.id('oslo'), pg_temp.id('back'), 'mentor', now() - interval '10 days', null);
select pg_temp.certify('back', null, -900, 'oath');
insert into public.pause_records (mentor_id, status, pause_reason, paused_at, created_at)
values (pg_temp.id('back'), 'paused', 'Fra før', now() - interval '30 days', now() - interval '30 days');
select is(pg_temp.page('coordinator', 'back') -> 'status', '"active"', 'a pause from before a return counts no more');
select is(pg_temp.page('coordinator', 'back') -> 'pause_record', 'null', 'and is not shown, as in the roster');

-- Expired since before they left, and paused since the return: that pause goes on.
select pg_temp.add_person('again', 'Aud Igjen');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
  (pg_temp.id('oslo'), pg_temp.id('again'), 'mentor', now() - interval '700 days', now() - interval '20 days'),
  (pg_temp.id('oslo'), pg_temp.id('again'), 'mentor', now() - interval '10 days', null);
select pg_temp.certify('again', -40, -900, 'oath');
insert into public.pause_records (mentor_id, status, pause_reason, paused_at, created_at)
values (pg_temp.id('again'), 'expired_cert', 'Etterpå', now() - interval '5 days', now() - interval '30 days');
select is(pg_temp.page('coordinator', 'again') #>> '{pause_record,pause_reason}', 'Etterpå', 'a pause since a return is shown, whatever it was put under');
select is(pg_temp.answer('coordinator', $$(select count(*) from public.pause_records r where r.mentor_id = pg_temp.id('again'))$$), '1', 'and read in the table');
select pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('again'), 'oath', pg_temp.today(), 'never')$$);
select is(pg_temp.page('coordinator', 'again') -> 'status', '"paused"', 'and outlives the renewal');
select is(pg_temp.answer('coordinator', $$(select m -> 'status'
    from jsonb_array_elements(public.coordinator_roster(search => 'Aud Igjen') -> 'mentors') m)$$), '"paused"', 'in the roster too');

-- The hints of a return.

update public.certification_kinds set due_after_months_away = 12 where code = 'oath';
select is(pg_temp.page('coordinator', 'kari') -> 'hints', '[]', 'a short pause makes nothing due');
insert into public.pause_records (mentor_id, status, pause_reason, paused_at, created_at)
values (pg_temp.id('single'), 'paused', 'Lenge borte', now() - interval '14 months', now() - interval '14 months');
select is(pg_temp.page('coordinator', 'single') -> 'hints', '[{"code": "certification_due", "kind": "oath"}]', 'a long one does, as at the return');

-- Who moved: the new coordinator sees nothing from before, and the live pause whole.

select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('per'), 'Depresjon')$$);
select pg_temp.dispatch();
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('per'))$$);
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('per'), 'Ny jobb')$$);
select pg_temp.dispatch();
-- Nine days pass, which only the owner can make them do.
create temporary table guarded as select unnest(array['pause_records', 'pause_status_log', 'notifications', 'notification_attempts']) as name;
do $$ declare g record; begin for g in select * from guarded loop execute format('alter table public.%I disable trigger user', g.name); end loop; end $$;
update public.pause_records set created_at = created_at - interval '9 days', paused_at = paused_at - interval '9 days', reactivated_at = reactivated_at - interval '9 days' where mentor_id = pg_temp.id('per');
update public.pause_status_log set occurred_at = occurred_at - interval '9 days' where mentor_id = pg_temp.id('per');
update public.notifications set created_at = created_at - interval '9 days' where mentor_id = pg_temp.id('per');
update public.notification_attempts set attempted_at = attempted_at - interval '9 days' where mentor_id = pg_temp.id('per');
do $$ declare g record; begin for g in select * from guarded loop execute format('alter table public.%I enable trigger user', g.name); end loop; end $$;
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values (pg_temp.id('bergen'), pg_temp.id('per'), 'mentor', now() - interval '3 days');
update public.chapter_memberships set ended_at = now() - interval '2 days' where id = pg_temp.id('per mentor in oslo');
select is(pg_temp.page('bergen coordinator', 'per') - '{as_of,certifications,contacts,profile,memberships,assignments,pause_record}'::text[],
  '{"status": "paused", "recipients": [], "planned_pause": null, "leave_requests": [], "closed_pauses": [], "hints": [], "timeline": [], "sent": [], "next_cursor": null}'
  || jsonb_build_object('recipients', jsonb_build_array(jsonb_build_object('id', pg_temp.id('office'), 'display_name', 'Olav Kontor', 'role', 'administrator'))),
  'nothing from before is the new coordinator''s');
select is(pg_temp.page('bergen coordinator', 'per') #>> '{pause_record,pause_reason}', 'Ny jobb', 'the live pause is');
select unalike(pg_temp.page('bergen coordinator', 'per')::text, '%Depresjon%', 'and no word of the pause before');
select is(array(select m ->> 'chapter_name' from jsonb_array_elements(pg_temp.page('bergen coordinator', 'per') -> 'memberships') m), array['bergen'], 'memberships are those in one''s chapters');
select pg_temp.refuses('coordinator', $$public.mentor_page(pg_temp.id('per'))$$, 'mentor_not_found', 404, 'the old coordinator sees nothing any more');
select is(cardinality(pg_temp.timeline(pg_temp.page('per', 'per'))), 3, 'the mentor sees all of it');
select is(array(select m ->> 'chapter_name' from jsonb_array_elements(pg_temp.page('per', 'per') -> 'memberships') m), array['bergen', 'oslo'], 'in all chapters');
select pg_temp.answer('bergen coordinator', $$public.reactivate_mentor(pg_temp.id('per'))$$);
select is(pg_temp.timeline(pg_temp.page('bergen coordinator', 'per')), array['paused>active v4 Cecilie Koordinator'], 'what happens from then on is the new one''s');
select is(pg_temp.page('bergen coordinator', 'per') #>> '{closed_pauses,0,pause_reason}', 'Ny jobb', 'with the pause that it closed');

-- What the page shows of the log and of closed records is what its readers may select.
select is(
  jsonb_build_array(jsonb_array_length(pg_temp.page(actor, mentor) -> 'closed_pauses'), jsonb_array_length(pg_temp.page(actor, mentor) -> 'timeline')),
  jsonb_build_array(
    pg_temp.answer(actor, format($$(select count(*) from public.pause_records where mentor_id = %L and status = 'active')$$, pg_temp.id(mentor))),
    pg_temp.answer(actor, format($$(select count(*) from public.pause_status_log where mentor_id = %L)$$, pg_temp.id(mentor)))),
  format('as much as %s reads of the tables of %s', actor, mentor))
from (values ('coordinator', 'kari'), ('bergen coordinator', 'per'), ('per', 'per'), ('office', 'per'), ('administrator', 'kari')) c (actor, mentor);

-- Pages.

select pg_temp.answer('coordinator', format('public.pause_mentor(pg_temp.id(''kari''), ''Endret %s'', null, %s)', n, n + 2)) from generate_series(1, 4) n;
create function pg_temp.pages(actor text, mentor text, page_limit integer, out timeline text[], out sent text[], out closed text[], out calls integer)
language plpgsql as $$
declare
  page jsonb;
  next_cursor text;
begin
  calls := 0; timeline := '{}'; sent := '{}'; closed := '{}';
  loop
    page := pg_temp.page(actor, mentor, format(', %s, %L', page_limit, next_cursor));
    timeline := timeline || array(select l ->> 'id' from jsonb_array_elements(page -> 'timeline') l);
    sent := sent || array(select s ->> 'notification_id' || (s ->> 'recipient_id') from jsonb_array_elements(page -> 'sent') s);
    closed := closed || array(select c ->> 'id' from jsonb_array_elements(page -> 'closed_pauses') c);
    next_cursor := page ->> 'next_cursor';
    calls := calls + 1;
    exit when next_cursor is null or calls > 50;
  end loop;
end
$$;
select is(
  (select row(p.timeline, p.sent, p.closed)::text from pg_temp.pages(actor, 'kari', size) p),
  (select row(p.timeline, p.sent, p.closed)::text from pg_temp.pages(actor, 'kari', 200) p),
  format('pages of %s give %s everything once, in order', size, actor))
from unnest(array[1, 2, 3, 5]) size cross join unnest(array['coordinator', 'kari']) actor;
select cmp_ok((select p.calls from pg_temp.pages('coordinator', 'kari', 2) p), '>=', 4, 'on several pages');
select pg_temp.refuses(actor, format('public.mentor_page(pg_temp.id(%L), 2, %L)', mentor, altered || (pg_temp.page('coordinator', 'kari', ', 2') ->> 'next_cursor')),
  'invalid_request', 400, format('a cursor of another page: %s %s %s', actor, mentor, altered), 'cursor')
from (values ('administrator', 'kari', ''), ('coordinator', 'other', ''), ('coordinator', 'kari', 'x')) c (actor, mentor, altered);

-- A plan is shown whole until its day, and from then on as the pause that it is, before
-- anybody has begun it.

select pg_temp.add_mentor('planned', 'oslo');
insert into public.certifications (mentor_id, kind, issued_on)
select pg_temp.id('planned'), k.code, pg_temp.today() - 700 from public.certification_kinds k where k.is_required;
select pg_temp.answer('coordinator', format('public.plan_pause(%L, ''Reise'', %L, %L)', pg_temp.id('planned'), pg_temp.today() + 9, pg_temp.today() + 30));
select is(pg_temp.page(actor, 'planned') -> 'planned_pause',
  (select to_jsonb(q) - '{created_at,updated_at}'::text[] from public.planned_pauses q where q.mentor_id = pg_temp.id('planned')),
  'a plan is shown to ' || actor)
from unnest(array['coordinator', 'planned']) actor;
select is(pg_temp.page('coordinator', 'planned') -> 'pause_record', 'null', 'and is no pause yet');
alter table public.planned_pauses disable trigger planned_pauses_guard;
update public.planned_pauses set starts_on = pg_temp.today(), created_at = now() - interval '20 days' where mentor_id = pg_temp.id('planned');
alter table public.planned_pauses enable trigger planned_pauses_guard;
select is(pg_temp.page('coordinator', 'planned') ->> 'status', 'paused', 'on its day the mentor is paused');
select is(pg_temp.page('coordinator', 'planned') -> 'planned_pause', 'null', 'and nothing is planned');
select is(pg_temp.page('coordinator', 'planned') -> 'pause_record' ->> 'pause_reason', 'Reise', 'the pause has its reason');
select is((pg_temp.page('coordinator', 'planned') -> 'pause_record') - '{mentor_id,coordinator_id,paused_at,expected_return_date}'::text[],
  '{"id": null, "status": "paused", "pause_reason": "Reise", "reactivated_at": null, "version": null, "created_at": null, "updated_at": null}',
  'but no record yet');

-- Erased, and joined.

select pg_temp.appoint('administrator');
select pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('single'), pg_temp.id('double'))$$);
select is(pg_temp.page('coordinator', 'double') #>> '{profile,id}', pg_temp.id('single')::text, 'a dropped id is read as the kept one');
delete from auth.users where id = pg_temp.id('gone');
select pg_temp.refuses(actor, $$public.mentor_page(pg_temp.id('gone'))$$, 'mentor_not_found', 404, 'who was erased is nobody''s: ' || actor)
from unnest(array['coordinator', 'office']) actor;
select pg_temp.refuses('gone', $$public.mentor_page(pg_temp.id('gone'))$$, 'unauthenticated', 401, 'a login made under an erased id is told nothing');

select * from finish();
rollback;
