-- What was known when: each version of each fact, who recorded it by which command, and
-- the status of a day as known at a moment. A moment asked about ends what this
-- transaction records as one; so each step of the story has its own.
begin;
\ir _fixtures.psql

select plan(91);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('stranger', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.join_chapter('administrator', 'administrator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

create temporary table steps (name text primary key, at timestamptz not null);
create function pg_temp.step(step text) returns void
language sql as $$ insert into steps select step, private.known_moment(null) $$;
create function pg_temp.known_on(actor text, mentor text, day integer, step text default null) returns text
language sql as $$
  select pg_temp.answer(actor, format('to_jsonb(public.mentor_status_on(pg_temp.id(%L), pg_temp.today() + %s, %L))', mentor, day,
    (select s.at from steps s where s.name = step))) #>> '{}'
$$;
-- Of each version whether it holds still, who recorded it by what, and who superseded it.
create function pg_temp.versions(kind text, mentor text) returns text[]
language plpgsql as $$
declare
  found text[];
begin
  execute format($query$
    select array_agg(concat_ws(' ', case when v.superseded_at = 'infinity' then 'holds' else 'held' end,
      pg_temp.name_of(v.recorded_by), v.command, '|' || case when v.superseded_at < 'infinity' then concat_ws(' ', '', pg_temp.name_of(v.superseded_by), v.superseded_command) end)
      order by v.recorded_at, v.superseded_at)
    from private.%I v where v.mentor_id = $1 $query$, kind || '_versions') into found using pg_temp.id(mentor);
  return found;
end
$$;

-- A story: registered by hand, certified late, paused, corrected, removed, joined, erased.

select pg_temp.add_mentor('kari', 'oslo');
update public.chapter_memberships set started_at = now() - interval '100 days' where user_id = pg_temp.id('kari');
select pg_temp.certify('kari', -20, -90);
select pg_temp.step('registered');
select is(pg_temp.versions('membership', 'kari'), array['holds'], 'what a transaction changes again is one version; by hand it is nobody''s');
select is(pg_temp.versions('certification', 'kari'), array['holds'], 'as is a certification');
select is(pg_temp.known_on('coordinator', 'kari', -10, 'registered'), 'expired_cert', 'known to have lapsed');

select pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('kari'), 'basic course', pg_temp.today() - 25, (pg_temp.today() + 300)::text)$$);
select pg_temp.step('renewed');
select is(pg_temp.versions('certification', 'kari'), array['holds', 'holds coordinator register_certification'], 'a renewal is new');
select is(pg_temp.known_on('coordinator', 'kari', -10), 'active', 'a late renewal is known now');
select is(pg_temp.known_on('coordinator', 'kari', -10, 'renewed'), 'active', 'and since');
select is(pg_temp.known_on('coordinator', 'kari', -10, 'registered'), 'expired_cert', 'not before');

select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Sykdom')$$);
select pg_temp.step('paused');
select pg_temp.answer('coordinator', $$public.amend_pause(pg_temp.id('kari'), '{"expected_return_date": null, "pause_reason": "Annet"}')$$);
select pg_temp.step('amended');
select is(pg_temp.versions('pause', 'kari'), array['holds coordinator pause_mentor'], 'an amendment is no other pause');
select is(pg_temp.known_on('coordinator', 'kari', 3, 'paused'), 'paused', 'a live pause goes on');
select is(pg_temp.known_on('coordinator', 'kari', 3, 'renewed'), 'active', 'before it nobody knew');
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'))$$);
select pg_temp.step('returned');
select is(pg_temp.versions('pause', 'kari'), array['held coordinator pause_mentor | coordinator reactivate_mentor', 'holds coordinator reactivate_mentor'],
  'the return is the second version');
select is(pg_temp.known_on('coordinator', 'kari', 3, 'returned'), 'active', 'since then the mentor is back');
select is(pg_temp.known_on('coordinator', 'kari', 3, 'amended'), 'paused', 'until then it went on');

-- Plans.
select pg_temp.answer('coordinator', $$public.plan_pause(pg_temp.id('kari'), 'Reise', pg_temp.today() + 5)$$);
select pg_temp.step('planned');
select pg_temp.answer('coordinator', format('public.amend_planned_pause(%L, %L)', q.id, jsonb_build_object('starts_on', pg_temp.today() + 9)))
from public.planned_pauses q where q.mentor_id = pg_temp.id('kari');
select pg_temp.step('postponed');
select pg_temp.answer('coordinator', format('public.cancel_planned_pause(%L)', q.id)) from public.planned_pauses q where q.mentor_id = pg_temp.id('kari');
select pg_temp.step('cancelled');
select is(pg_temp.versions('plan', 'kari'),
  array['held coordinator plan_pause | coordinator amend_planned_pause', 'held coordinator amend_planned_pause | coordinator cancel_planned_pause'], 'a plan, another day, none');
select is(array(select pg_temp.known_on('coordinator', 'kari', 7, s) from unnest(array['returned', 'planned', 'postponed', 'cancelled']) s),
  array['active', 'paused', 'active', 'active'], 'as known each time');

-- Shortened, removed as a mistake, removed by a hand.
select pg_temp.answer('administrator', format('public.revoke_certification(%L, %L)', c.id, pg_temp.today() - 15))
from public.certifications c where c.mentor_id = pg_temp.id('kari') and c.expires_on > pg_temp.today();
select pg_temp.step('revoked');
select is(array(select pg_temp.known_on('coordinator', 'kari', -14, s) from unnest(array['cancelled', 'revoked']) s), array['active', 'expired_cert'],
  'a revocation counts for its days, from when it was recorded');
select pg_temp.answer('administrator', format('public.remove_certification(%L)', c.id))
from public.certifications c where c.mentor_id = pg_temp.id('kari') and c.issued_on = pg_temp.today() - 25;
select pg_temp.step('removed');
select is(pg_temp.versions('certification', 'kari'), array['holds',
    'held coordinator register_certification | administrator revoke_certification', 'held administrator revoke_certification | administrator remove_certification'],
  'what was removed was known until then');
select is(array(select pg_temp.known_on('coordinator', 'kari', -16, s) from unnest(array['revoked', 'removed']) s), array['active', 'expired_cert'], 'a removal too');
delete from public.certifications c where c.mentor_id = pg_temp.id('kari');
select pg_temp.step('by hand');
select is((pg_temp.versions('certification', 'kari'))[1], 'held |', 'a hand in the editor is nobody, by no command');
select is(array(select pg_temp.known_on('coordinator', 'kari', -16, s) from unnest(array['removed', 'by hand']) s), array['expired_cert', 'active'], 'and takes nothing from what was known');
select pg_temp.become('service_role');
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values (pg_temp.id('kari'), 'Basic Course', current_date - 80, current_date - 70);
select pg_temp.become('owner');
select pg_temp.step('by another system');
select is((pg_temp.versions('certification', 'kari'))[4], 'holds', 'another system is nobody either');
select is(pg_temp.known_on('coordinator', 'kari', -60, 'by another system'), 'expired_cert', 'and is believed');

-- Memberships: backdated, ended ahead, of another role.
select pg_temp.answer('administrator', $$public.start_membership(pg_temp.id('kari'), pg_temp.id('bergen'), 'mentor', pg_temp.today() - 200)$$);
select pg_temp.step('was in bergen');
select is(array(select pg_temp.known_on('office', 'kari', -150, s) from unnest(array['by another system', 'was in bergen']) s), array['not_a_mentor', 'active'],
  'a membership entered late');
update public.chapter_memberships set role = 'coordinator' where user_id = pg_temp.id('kari') and chapter_id = pg_temp.id('bergen');
select pg_temp.step('coordinates');
select is(pg_temp.known_on('office', 'kari', -150, 'coordinates'), 'not_a_mentor', 'another role is none');
select is(pg_temp.versions('membership', 'kari'), array['holds', 'held administrator start_membership |'], 'nor is it kept as one');
update public.chapter_memberships set role = 'mentor' where user_id = pg_temp.id('kari') and chapter_id = pg_temp.id('bergen');
select pg_temp.step('in bergen again');
select pg_temp.answer('administrator', format('public.end_membership(%L, %L)', m.id, pg_temp.today() - 120))
from public.chapter_memberships m where m.user_id = pg_temp.id('kari') and m.chapter_id = pg_temp.id('bergen');
select pg_temp.step('left bergen');
select is(array(select pg_temp.known_on('office', 'kari', -110, s) from unnest(array['in bergen again', 'left bergen']) s), array['active', 'not_a_mentor'],
  'an end is known from when it was recorded, whatever its day');

-- Who may ask: as without a moment.
select is(pg_temp.known_on('stranger', 'kari', -10, 'returned'), null, 'nothing for a coordinator of another chapter');
select is(pg_temp.known_on('coordinator', 'kari', -150, 'was in bergen'), null, 'nor of days before the mentor came');
select is(pg_temp.known_on('kari', 'kari', -150, 'was in bergen'), 'active', 'the mentor may');
select is(pg_temp.known_on('coordinator', 'nobody at all', -1, 'returned'), null, 'of nobody nothing is known');
select is(pg_temp.known_on('coordinator', 'kari', -1, 'registered'), 'expired_cert', 'a coordinator may');
select pg_temp.refuses('coordinator', 'to_jsonb(public.mentor_status_on(pg_temp.id(''kari''), pg_temp.today(), now() + interval ''1 hour''))',
  'invalid_request', 400, 'a moment in the future', 'as_known_at');
select is(pg_temp.known_on('kari', 'kari', -1, 'registered'), 'expired_cert', 'one''s own');
update steps set at = 'epoch' where name = 'registered';
select is(pg_temp.known_on('office', 'kari', -1, 'registered'), 'not_a_mentor', 'before anything was recorded nobody was a mentor');

-- Kinds: what was saved of them, and was deleted since.
insert into public.certification_kinds (code, is_required) values ('police', true);
select pg_temp.step('required');
select is(pg_temp.known_on('office', 'kari', -30, 'required'), 'expired_cert', 'a required kind is missing');
delete from public.certification_kinds where code = 'police';
select pg_temp.step('not required');
select is(array(select pg_temp.known_on('office', 'kari', -85, s) from unnest(array['required', 'not required']) s), array['expired_cert', 'active'],
  'a kind that was deleted is known as it was');

-- Two that are one.
insert into public.profiles (id, display_name) values (pg_temp.id('twin'), 'Twin');
select pg_temp.join_chapter('twin', 'mentor', 'oslo');
update public.chapter_memberships set started_at = now() - interval '300 days' where user_id = pg_temp.id('twin');
select pg_temp.certify('twin', 100, -300);
select pg_temp.step('two');
select pg_temp.answer('administrator', $$public.merge_people(pg_temp.id('kari'), pg_temp.id('twin'))$$);
select pg_temp.step('one');
select is(array(select pg_temp.known_on('office', 'kari', -250, s) from unnest(array['two', 'one']) s), array['not_a_mentor', 'active'], 'the kept one has the other''s days since');
select is(array(select pg_temp.known_on('office', 'twin', -250, s) from unnest(array['two', 'one', null]) s), array['active', 'active', 'active'],
  'the dropped one stands for itself, then for the kept one');
select is(array(select pg_temp.known_on('office', 'kari', -60, s) from unnest(array['two', 'one']) s), array['expired_cert', 'active'],
  'as known before and after');
select is(array(select pg_temp.known_on('coordinator', 'twin', -5, s) from unnest(array['two', null]) s), array['active', 'active'], 'whoever manages the kept one may ask for the dropped one');
select is(private.id_known_at(pg_temp.id('twin'), s.at) = pg_temp.id('kari'), s.name = 'one', 'who an id is: ' || s.name) from steps s where s.name in ('two', 'one');

-- Erasure, while the day of a plan has come and no night has seen it.
select pg_temp.add_mentor('ola', 'oslo');
update public.chapter_memberships set started_at = now() - interval '300 days' where user_id = pg_temp.id('ola');
alter table public.planned_pauses disable trigger planned_pauses_guard;
insert into public.planned_pauses (mentor_id, starts_on, created_at) values (pg_temp.id('ola'), pg_temp.today() - 3, now() - interval '9 days');
alter table public.planned_pauses enable trigger planned_pauses_guard;
create temporary table before as
  select d, pg_temp.known_on('office', 'ola', d) as status from generate_series(-6, -1) d;
select is(array(select b.status from before b order by b.d), array['active', 'active', 'active', 'paused', 'paused', 'paused'], 'a plan is a pause from its day on');
select pg_temp.answer('administrator', $$public.erase_person(pg_temp.id('ola'))$$);
select is_empty($$ select from before b where pg_temp.known_on('office', 'ola', b.d) <> b.status $$, 'an erasure changes no day before it');
select is(pg_temp.known_on('office', 'ola', 0), 'not_a_mentor', 'from its day on the person has left');
select pg_temp.is_known_as_it_is();

-- Nothing of what was known can be changed, by nobody.
alter table private.membership_versions disable trigger user;
update private.membership_versions set recorded_at = recorded_at - interval '2 days' where recorded_at > now();
alter table private.membership_versions enable trigger user;
-- A hand writes nothing at all. Nor does what a trigger writes, which is how the versions come to
-- be, reach what others recorded, or a moment that is not this transaction's.
create table pg_temp.lever (statement text);
create function pg_temp.pull() returns trigger language plpgsql as $$ begin execute new.statement; return null; end $$;
create trigger pull before insert on pg_temp.lever for each row execute function pg_temp.pull();
-- A transaction has one moment, and only we can say which.
create temporary table said as select private.fact_moment() as moment;
alter table said add sealed text default current_setting('mentorpause.recorded_at');
select is(private.fact_moment(), (select s.moment from said s), 'a transaction has one moment');
create function pg_temp.moment_by(setting text) returns timestamptz
language plpgsql as $$
begin
  perform set_config('mentorpause.recorded_at', setting, true);
  return private.fact_moment();
end
$$;
select cmp_ok(pg_temp.moment_by(f.setting), '>', s.moment, 'which nobody has said by a setting: ' || f.what)
from said s
cross join lateral (values ('', 'no setting'), ('2026-01-01', 'a time'), (left(s.sealed, 16), 'no seal'), (left(s.sealed, 16) || repeat('0', 64), 'another seal'),
  ('0002' || substr(s.sealed, 5), 'an earlier moment'), (repeat('f', 80), 'digits')) f (setting, what);
select is(pg_temp.moment_by(s.sealed), s.moment, 'its own seal holds') from said s;
select pg_temp.violates(s.statement, '23001', '', s.statement)
from unnest(array[
  'update private.membership_versions set started_at = now()',
  'update private.certification_versions set recorded_by = null, command = ''typed in''',
  'delete from private.certification_versions',
  'update private.membership_versions set superseded_at = now() where superseded_at < ''infinity''',
  'update private.membership_versions set superseded_at = now() where superseded_at = ''infinity''',
  'update private.membership_versions set superseded_at = recorded_at where superseded_at = ''infinity''',
  'update private.membership_versions set superseded_at = now() + interval ''1 day'' where superseded_at = ''infinity''',
  'delete from private.membership_versions']) u
cross join lateral unnest(array[u, format('insert into pg_temp.lever values (%L)', u)]) s (statement);
select lives_ok('insert into pg_temp.lever values (''update private.membership_versions set superseded_at = private.fact_moment() where superseded_at = ''''infinity'''''')',
  'superseding once, at the moment of the transaction, is what the triggers do');
select pg_temp.violates(statement, '23001', '', statement)
from unnest(array[
  'insert into private.membership_versions (mentor_id, chapter_id, id, started_at, recorded_at) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), ''2020-01-01'')',
  'insert into private.membership_versions (mentor_id, chapter_id, id, started_at, recorded_at) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), private.fact_moment())',
  'do $x$ begin insert into private.plan_versions select gen_random_uuid(), gen_random_uuid(), current_date, now(), now(), now(); end $x$',
  'insert into private.identity_versions (person_id, was_erased, recorded_at) values (gen_random_uuid(), true, now())',
  'truncate private.recorded_pauses',
  'truncate private.identity_versions']) statement;
-- Nor are reports typed in.
select pg_temp.violates(statement, '23001', '', statement)
from unnest(array[
  'insert into public.period_reports select (r).* from (select null::public.period_reports as r) r',
  'insert into private.period_report_parts select gen_random_uuid(), gen_random_uuid(), ''{}''']) statement;
create function pg_temp.may_not(actor text, statement text) returns text
language plpgsql as $$
declare
  result text;
begin
  perform pg_temp.become(actor);
  result := throws_ok(statement, '42501', null, actor || ': ' || statement);
  perform pg_temp.become('owner');
  return result;
end
$$;
select pg_temp.may_not(actor, statement)
from unnest(array['service_role', 'administrator']) actor
cross join unnest(array[
  'update private.membership_versions set superseded_at = now()', 'delete from private.recorded_pauses',
  'insert into public.people_log (command) values (''update_person'')', 'insert into private.period_report_parts select null, null, null']) statement;

select is_empty($$ select from private.certification_versions v where to_jsonb(v)::text ~* 'sykdom|annet|reise' $$, 'no reason is among the facts');
select is(array(select count(*) from private.identity_versions v where v.person_id = pg_temp.id('twin')), array[1::bigint], 'a joined profile is known once');
select is(private.backfill_facts() > 0, true, 'what is not known yet is backfilled');
select is(private.backfill_facts(), 0::bigint, 'once');

select * from finish();
rollback;
