-- Joining two profiles that are one person.
begin;
\ir _fixtures.psql

select plan(42);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

-- Without a login.
create function pg_temp.add_profile(name text, chapter text default null) returns void
language plpgsql as $$
begin
  insert into public.profiles (id, display_name) values (pg_temp.id(name), 'Kari ' || name);
  insert into pg_temp.people (id, name) values (pg_temp.id(name), name);
  if chapter is not null then
    perform pg_temp.join_chapter(name, 'mentor', chapter);
  end if;
end
$$;
create function pg_temp.owned(who text) returns text[]
language sql stable as $$
  select array(
    select 'membership ' || c.name || ' ' || m.role from public.chapter_memberships m join public.chapters c on c.id = m.chapter_id where m.user_id = pg_temp.id(who)
    union all select 'certification ' || c.kind from public.certifications c where c.mentor_id = pg_temp.id(who)
    union all select 'assigned to ' || pg_temp.name_of(a.coordinator_id) || case when a.ended_at is null then '' else ' before' end from public.coordinator_assignments a where a.mentor_id = pg_temp.id(who)
    union all select 'number ' || x.external_id from public.external_ids x where x.person_id = pg_temp.id(who)
    union all select 'contact ' || coalesce(c.email, '-') || ' ' || coalesce(c.phone, '-') from public.contacts c where c.person_id = pg_temp.id(who)
    union all select 'inbox ' || i.title from public.notification_inbox i where i.recipient_id = pg_temp.id(who)
    union all select 'outbox ' || n.kind || ' ' || n.state from public.notifications n where n.mentor_id = pg_temp.id(who)
    order by 1)
$$;

select pg_temp.add_mentor('kept', 'oslo');
select pg_temp.add_profile('dropped', 'oslo');
update public.chapter_memberships set started_at = now() - interval '1 year' where user_id = pg_temp.id('kept');
select pg_temp.join_chapter('dropped', 'coordinator', 'oslo', now() - interval '1 month');
select pg_temp.certify('kept', 100, kind => 'pgtap a');
select pg_temp.certify('dropped', 200, kind => 'pgtap b');
select pg_temp.assign('kept', 'coordinator');
select pg_temp.assign('dropped', 'coordinator');
select pg_temp.assign('dropped', 'kept');
insert into public.contacts values (pg_temp.id('kept'), 'kept@example.no', null), (pg_temp.id('dropped'), 'dropped@example.no', '+4790000000');
insert into public.external_ids values ('pgtap', '1', pg_temp.id('kept')), ('pgtap', '2', pg_temp.id('dropped'));
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body) values
  (pg_temp.id('n1'), pg_temp.id('dropped'), pg_temp.id('dropped'), 'certification_expiring', 'Kurset', ''),
  (pg_temp.id('n1'), pg_temp.id('kept'), pg_temp.id('dropped'), 'certification_expiring', 'Kurset', ''),
  (pg_temp.id('n2'), pg_temp.id('dropped'), pg_temp.id('dropped'), 'certification_expiring', 'Attesten', '');
insert into public.notifications (mentor_id, audience, kind, reminder, reference_on, state) values
  (pg_temp.id('kept'), 'mentor', 'certification_expiring', 'certification_in_7_days', '2026-01-01', 'delivered'),
  (pg_temp.id('dropped'), 'mentor', 'certification_expiring', 'certification_in_7_days', '2026-01-01', 'pending'),
  (pg_temp.id('dropped'), 'coordinator', 'certification_expiring', 'certification_in_7_days', '2026-01-01', 'pending');
create temporary table before as select c.id from public.certifications c where c.mentor_id = pg_temp.id('dropped');

select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('kept'))$$, 'invalid_request', 400, 'two profiles are joined', 'dropped_id');
select pg_temp.refuses('administrator', $$public.merge_people(null, pg_temp.id('kept'))$$, 'invalid_request', 400, 'both are named', 'kept_id');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('dropped'), pg_temp.id('kept'))$$, 'in_use', 409, 'one with a login is kept', 'login');
select pg_temp.add_profile('with history', 'oslo');
insert into public.pause_records (mentor_id, status) values (pg_temp.id('with history'), 'paused');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('with history'))$$, 'in_use', 409, 'as is one with a pause history', 'pause_history');
select pg_temp.add_profile('shared', 'oslo');
select pg_temp.join_chapter('shared', 'mentor', 'bergen');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('shared'))$$, 'not_found', 404, 'every active chapter is needed');
select pg_temp.refuses('administrator', $$public.merge_people(pg_temp.id('shared'), pg_temp.id('dropped'))$$, 'not_found', 404, 'of both');

select is(
  pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('dropped'), pg_temp.id('merge')) #>> '{person,id}'$$), to_jsonb(pg_temp.id('kept')),
  'two profiles are joined');
select is(pg_temp.owned('dropped'), array['outbox certification_expiring settled'], 'nothing is left with the dropped one but what would be said twice');
select is(pg_temp.owned('kept'), array['assigned to coordinator', 'assigned to kept before', 'certification pgtap a', 'certification pgtap b', 'contact kept@example.no +4790000000',
  'inbox Attesten', 'inbox Kurset', 'membership oslo coordinator', 'membership oslo mentor', 'number 1', 'number 2', 'outbox certification_expiring delivered', 'outbox certification_expiring pending'],
  'everything is the kept one''s, once');
select is((select m.started_at from public.chapter_memberships m where m.user_id = pg_temp.id('kept') and m.role = 'mentor'), now() - interval '2 years', 'memberships that overlapped are one, with the first day of the first');
select is((select count(*) from public.certifications c join before b on b.id = c.id where c.mentor_id = pg_temp.id('kept')), 1::bigint, 'certifications keep their ids');
select is(pg_temp.answer('coordinator', $$public.coordinator_roster(search => 'kept') #> '{summary,total}'$$), '3', 'the roster counts the person once');
select is_empty($$ select * from private.find_roster_differences(array[pg_temp.id('kept'), pg_temp.id('dropped')]) $$, 'and follows');
select is(
  array(select l.command || ' ' || pg_temp.name_of(l.person_id) from public.people_log l where l.actor_id = pg_temp.id('administrator') order by l.id),
  array['merge_people kept', 'merge_people dropped'], 'the log says it of both');
select is((select l.before #>> '{dropped,email}' from public.people_log l where l.command = 'merge_people' and l.person_id = pg_temp.id('kept')), 'dropped@example.no', 'with what was before');

-- The dropped id leads to the kept one for ever.
select is(pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('dropped'), pg_temp.id('merge')) #>> '{person,id}'$$), to_jsonb(pg_temp.id('kept')), 'the same key again');
create function pg_temp.hint(actor text, expression text) returns text
language plpgsql as $$
declare
  message text;
begin
  perform pg_temp.answer(actor, expression);
  return null;
exception when sqlstate 'PGRST' then
  get stacked diagnostics message = message_text;
  return concat_ws(' ', message::jsonb ->> 'code', pg_temp.name_of((message::jsonb ->> 'hint')::uuid));
end
$$;
select is(pg_temp.hint(actor, call), answer, format('%s calls %s', actor, call))
from (values
  ('administrator', $$public.update_person(pg_temp.id('dropped'), 'Ny')$$, 'not_found kept'),
  ('administrator', $$public.erase_person(pg_temp.id('dropped'))$$, 'not_found kept'),
  ('administrator', $$public.merge_people(pg_temp.id('kept'), pg_temp.id('dropped'))$$, 'not_found kept'),
  ('administrator', $$public.start_membership(pg_temp.id('dropped'), pg_temp.id('oslo'), 'coordinator')$$, 'not_found kept'),
  ('coordinator', $$public.register_certification(pg_temp.id('dropped'), 'pgtap a', '2026-01-01')$$, 'not_found kept'),
  ('coordinator', $$public.assign_coordinator(pg_temp.id('dropped'), pg_temp.id('coordinator'))$$, 'not_found kept'),
  ('coordinator', $$public.pause_mentor(pg_temp.id('dropped'), 'Ferie')$$, 'not_found kept'),
  ('office', $$public.appoint_administrator(pg_temp.id('dropped'))$$, 'not_found kept')
) r (actor, call, answer);
select is(private.kept_id(pg_temp.id('dropped')), pg_temp.id('kept'), 'the dropped id is read as the kept one');
select pg_temp.use_role('service_role');
select throws_ok(statement, '23001', null, 'other systems can''t write to it: ' || statement)
from (values
  ($$update public.profiles set display_name = 'Kari' where id = pg_temp.id('dropped')$$),
  ($$insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('bergen'), pg_temp.id('dropped'), 'mentor')$$),
  ($$insert into public.certifications (mentor_id, kind, issued_on) values (pg_temp.id('dropped'), 'pgtap a', '2026-01-01')$$),
  ($$insert into public.contacts (person_id) values (pg_temp.id('dropped'))$$)
) s (statement);
select pg_temp.sign_out();
select throws_ok($$update public.certifications set mentor_id = pg_temp.id('dropped') where mentor_id = pg_temp.id('kept')$$, '23001', null, 'a certification is not handed back');
select throws_ok($$delete from private.merged_people$$, '23001', null, 'what was joined stays joined');

-- On and on, and erased together.
select pg_temp.add_mentor('last', 'oslo');
select pg_temp.add_profile('double', 'oslo');
select pg_temp.add_profile('first', 'oslo');
select pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('double'), pg_temp.id('first'))$$);
select pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('last'), pg_temp.id('double'))$$);
select is(private.kept_id(pg_temp.id('first')), pg_temp.id('last'), 'a kept one that is dropped leads on');
select pg_temp.answer('administrator', $$public.erase_person(pg_temp.id('last'))$$);
select is(
  array(select p.display_name from public.profiles p where p.id in (pg_temp.id('last'), pg_temp.id('double'), pg_temp.id('first'))),
  array['Slettet person', 'Slettet person', 'Slettet person'], 'erasing the kept one erases all that were joined into it');
select is((select count(*) from public.erasures e where e.person_id in (pg_temp.id('last'), pg_temp.id('double'), pg_temp.id('first'))), 3::bigint, 'each with its row');
select is((select count(*) from public.people_log l where l.person_id in (pg_temp.id('last'), pg_temp.id('double'), pg_temp.id('first'))
  and num_nonnulls(l.before, l.after) > 0), 0::bigint, 'and the log of all is empty');

-- Where a kind is required, whoever is registered without it has an expired record from the
-- first night on, and two profiles of one person have two.
insert into public.certification_kinds (code, is_required) values ('pgtap required', true);
select pg_temp.add_mentor('made twice', 'oslo');
select pg_temp.add_profile('made again', 'oslo');
select private.bring_people_up_to_date(array[pg_temp.id('made twice'), pg_temp.id('made again')]);
select is(
  array(select r.status from public.pause_records r where r.mentor_id in (pg_temp.id('made twice'), pg_temp.id('made again'))),
  array['expired_cert', 'expired_cert'], 'both lack what is required');
select is(pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('made twice'), pg_temp.id('made again')) -> 'person' -> 'id'$$),
  to_jsonb(pg_temp.id('made twice')), 'they are joined');
select is(
  array(select r.status || coalesce(' ' || private.date_of(r.reactivated_at) - pg_temp.today(), '') from public.pause_records r
    where r.mentor_id in (pg_temp.id('made twice'), pg_temp.id('made again')) order by 1),
  array['active 0', 'expired_cert'], 'the kept one still lacks it, the dropped one''s record has ended');
select is(
  (select row(l.from_status, l.to_status, l.actor_kind)::text from public.pause_status_log l
    where l.mentor_id = pg_temp.id('made again') order by l.id desc limit 1),
  '(expired_cert,active,system)', 'by nobody''s decision');
select is(
  (select count(*) from public.notifications n where n.mentor_id = pg_temp.id('made again') and n.kind = 'certification_restored'), 0::bigint,
  'and nobody is told of a renewal');
select is((private.reconcile(array[pg_temp.id('made twice'), pg_temp.id('made again')], pg_temp.today())).reported, 0, 'nothing differs');

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
