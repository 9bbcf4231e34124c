-- A notification about several mentors: whom it is about, who is told of whom, and what
-- becomes of those for whom there is nobody. And who is told in other chapters.
begin;
\ir _fixtures.psql

select plan(31);

do $$ begin execute format('grant pause_scheduler to %I', current_user); end $$;
update public.notifications set state = 'delivered' where state = 'pending';

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('kari', 'oslo');
select pg_temp.add_coordinator('per', 'oslo');
select pg_temp.add_coordinator('berit', 'bergen');
select pg_temp.add_coordinator('bjarne', 'bergen');
select pg_temp.add_mentor('one', 'oslo', 'Åse');
select pg_temp.add_mentor('two', 'oslo', 'Berg');
select pg_temp.add_mentor('three', 'oslo', 'Dahl');
select pg_temp.add_mentor('lone', 'oslo', 'Lie');
select pg_temp.add_mentor('planned', 'oslo', 'Moe');
select pg_temp.join_chapter('one', 'mentor', 'bergen');
select pg_temp.assign('one', 'kari');
select pg_temp.assign('two', 'kari');
select pg_temp.assign('three', 'per');
select pg_temp.assign('planned', 'kari');

create function pg_temp.told(mentor text, audience text default 'coordinator', with_others boolean default true) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', pg_temp.name_of(r.recipient_id), r.recipient_role, case when r.inbox_only then '(inbox)' end)
    from private.recipients_for(array[pg_temp.id(mentor)], array[audience], array[with_others]) r order by 1)
$$;

-- Other chapters.

select is(pg_temp.told('one'), array['berit coordinator (inbox)', 'bjarne coordinator (inbox)', 'kari coordinator'],
  'the coordinators of the other chapter are told in the inbox, those of the own one are not');
select is(pg_temp.told('one', with_others => false), array['kari coordinator'], 'but not of everything');
select is(pg_temp.told('one', 'mentor'), array['one mentor'], 'nor of what the mentor is told');
select is(pg_temp.told('two'), array['kari coordinator'], 'a mentor of one chapter has no other one');
select pg_temp.assign('one', 'berit');
select is(pg_temp.told('one'), array['berit coordinator', 'kari coordinator'], 'where somebody is assigned, nobody else is told');
update public.coordinator_assignments set ended_at = now() where coordinator_id in (pg_temp.id('berit'), pg_temp.id('kari')) and mentor_id = pg_temp.id('one');
select pg_temp.add_person('anne');
select pg_temp.join_chapter('anne', 'administrator', 'oslo');
select is(pg_temp.told('one'), array['anne administrator', 'berit coordinator (inbox)', 'bjarne coordinator (inbox)', 'kari coordinator (inbox)', 'per coordinator (inbox)'],
  'where nobody is assigned anywhere, the coordinators of all of them are');
select is(pg_temp.told('lone'), array['anne administrator'], 'of one chapter the administrator alone');
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('anne');
insert into public.coordinator_assignments (mentor_id, coordinator_id) values (pg_temp.id('one'), pg_temp.id('kari'));

insert into public.pause_records (mentor_id, status, pause_reason, paused_at)
select pg_temp.id(m), 'paused', 'Hemmelig', now() from unnest(array['one', 'two', 'three', 'lone']) m;
create function pg_temp.emails(kind text) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', pg_temp.name_of((r ->> 'id')::uuid), r ->> 'email')
    from jsonb_array_elements(public.claim_notifications(100, 60, true, now() + interval '1 minute') -> 'notifications') n
    cross join lateral jsonb_array_elements(n -> 'recipients') r
    where n ->> 'kind' = emails.kind and n ->> 'audience' = 'coordinator' order by 1)
$$;
update public.notifications set state = 'delivered' where mentor_id <> pg_temp.id('one') and state = 'pending';
select is(pg_temp.emails('mentor_paused'), array['berit settled', 'bjarne settled', 'kari send'], 'a pause is told there without an e-mail');
update public.notifications set state = 'delivered' where state = 'pending';
insert into public.notifications (mentor_id, audience, kind) values (pg_temp.id('one'), 'coordinator', 'pause_open_ended');
update public.notifications set reference_on = pg_temp.today() where kind = 'pause_open_ended';
select is(pg_temp.emails('pause_open_ended'), array['kari send'], 'a reminder is not');
update public.notifications set state = 'delivered' where state = 'pending';

-- About whom.

select throws_ok($$ insert into public.notifications (mentor_id, audience, kind) values (pg_temp.id('one'), 'coordinator', 'several_paused') $$,
  '23514', null, 'one about several names none');
select throws_ok($$ insert into public.notifications (audience, kind) values ('coordinator', 'mentor_paused') $$,
  '23514', null, 'and one about one mentor names that one');
select throws_ok($$ insert into public.notifications (audience, kind, state) values ('coordinator', 'several_paused', 'undeliverable') $$,
  '23514', null, 'it is never undeliverable');

insert into public.planned_pauses (id, mentor_id, starts_on, pause_reason, expected_return_date)
values (pg_temp.id('plan'), pg_temp.id('planned'), pg_temp.today() + 10, 'Hemmelig', pg_temp.today() + 20);
insert into public.notifications (id, audience, kind) values (pg_temp.id('n'), 'coordinator', 'several_paused');
insert into private.notification_mentors (notification_id, mentor_id, pause_record_id, record_version)
select pg_temp.id('n'), r.mentor_id, r.id, r.version from public.pause_records r
where r.mentor_id in (pg_temp.id('one'), pg_temp.id('two'), pg_temp.id('three'), pg_temp.id('lone'));
insert into private.notification_mentors (notification_id, mentor_id, planned_pause_id, record_version)
values (pg_temp.id('n'), pg_temp.id('planned'), pg_temp.id('plan'), 1);

create function pg_temp.facts(as_of date default pg_temp.today()) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', pg_temp.name_of(f.mentor_id), f.starts_on - pg_temp.today(), f.return_on - pg_temp.today(),
      case when f.is_expired then 'expired' end, case when f.is_missing then 'missing' end)
    from private.several_facts(array[pg_temp.id('n')], as_of) f order by 1)
$$;
select is(pg_temp.facts(), array['lone', 'one', 'planned 10 20', 'three', 'two'], 'what holds, with its dates');
select is(pg_temp.facts(pg_temp.today() + 10), array['lone', 'one', 'three', 'two'], 'a plan that has begun is told as a pause then');
update public.planned_pauses set version = 2 where id = pg_temp.id('plan');
select is(pg_temp.facts(), array['lone', 'one', 'three', 'two'], 'one that was changed is told alone');
update public.planned_pauses set version = 1 where id = pg_temp.id('plan');
update public.pause_records set status = 'active' where mentor_id = pg_temp.id('three');
update public.notifications set state = 'delivered' where mentor_id = pg_temp.id('three');
select is(pg_temp.facts(), array['lone', 'one', 'planned 10 20', 'two'], 'who has returned is left out');
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values (pg_temp.id('two'), 'kurs', pg_temp.today() - 400, pg_temp.today() - 1);
select is(pg_temp.facts(), array['lone', 'one', 'planned 10 20', 'two expired'], 'an expired certification is said');
delete from public.certifications where mentor_id = pg_temp.id('two');
insert into public.certification_kinds (code, name_nb, name_nn, name_en, is_required) values ('required', 'A', 'B', 'C', true);
select ok(pg_temp.facts(pg_temp.today() + 1) @> array['two expired missing'], 'one that is lacking too');
update public.certification_kinds set is_required = false where code = 'required';

-- Who is told of whom.

select is(array(
  select pg_temp.name_of(r.recipient_id) || ' of ' || pg_temp.name_of(r.mentor_id) || case when r.inbox_only then ' (inbox)' else '' end
  from private.several_recipients(array[pg_temp.id('n')], pg_temp.today()) r order by 1),
  array['berit of one (inbox)', 'bjarne of one (inbox)', 'kari of one', 'kari of planned', 'kari of two'], 'each of those that are theirs');
select is(array(
  select concat_ws(' ', pg_temp.name_of(r.recipient_id), r.recipient_role, case when r.inbox_only then '(inbox)' end)
  from private.recipients_of(array[pg_temp.id('n')]) r order by 1),
  array['berit coordinator (inbox)', 'bjarne coordinator (inbox)', 'kari coordinator'], 'as one message each');

create temporary table claim as select public.claim_notifications(100, 60, false, now() + interval '1 minute') as answer;
select is((select array_agg(m ->> 'name') from claim cross join jsonb_array_elements(answer #> '{notifications,0,mentors}') m), array['Berg', 'Moe', 'Åse'],
  'a claim has those of whom somebody can be told, in the order of their names');
select is((select array_agg(jsonb_array_length(r -> 'mentors') order by r ->> 'id') from claim cross join jsonb_array_elements(answer #> '{notifications,0,recipients}') r),
  (select array_agg(case n when 'kari' then 3 else 1 end order by pg_temp.id(n)::text) from unnest(array['berit', 'bjarne', 'kari']) n), 'and for each recipient whom');
select ok((select answer::text not like '%Hemmelig%' from claim), 'no reason');
select is(array(select n.kind || ' ' || pg_temp.name_of(n.mentor_id) || ' ' || n.state from public.notifications n where n.state <> 'delivered' and n.mentor_id is not null order by 1),
  array['mentor_paused lone pending'], 'who has nobody gets a notification alone');
select is(array(select pg_temp.name_of(g.mentor_id) from private.notification_mentors g order by 1), array['one', 'planned', 'three', 'two'], 'and is taken out');

-- Given up: those of whom nobody was told are told alone.

select private.split_off(array[pg_temp.id('n')], pg_temp.today(), true);
select is(array(select n.kind || ' ' || pg_temp.name_of(n.mentor_id) || coalesce(' ' || (n.reference_on - pg_temp.today())::text, '')
    from public.notifications n where n.state = 'pending' and n.mentor_id is not null order by 1),
  array['mentor_paused lone', 'mentor_paused one', 'mentor_paused two', 'pause_planned planned 10'], 'each as if alone');
select end_notifications from private.end_notifications(array[pg_temp.id('n')], array['given up'], 'undeliverable', now());
select is((select n.state from public.notifications n where n.id = pg_temp.id('n')), 'settled', 'what is left of it is settled');
select is(array(select a.outcome || ': ' || a.reason from public.notification_attempts a where a.notification_id = pg_temp.id('n')), array['failed: given up'],
  'with the reason in the ledger');

-- A plan that was told with others is not new when it is changed.

update public.notifications set state = 'delivered' where id = pg_temp.id('n');
insert into private.notification_mentors (notification_id, mentor_id, planned_pause_id, record_version)
values (pg_temp.id('n'), pg_temp.id('planned'), pg_temp.id('plan'), 1);
update public.planned_pauses set version = 2 where id = pg_temp.id('plan');
delete from pg_temp.claim;
insert into public.notifications (id, mentor_id, audience, kind, planned_pause_id, record_version, reference_on)
select pg_temp.id('changed ' || a), pg_temp.id('planned'), a, 'pause_planned', pg_temp.id('plan'), 2, pg_temp.today() + 10
from unnest(array['coordinator', 'mentor']) a;
select is((select array_agg(f.is_changed order by f.notification_id = pg_temp.id('changed mentor'))
    from private.notification_facts(array[pg_temp.id('changed coordinator'), pg_temp.id('changed mentor')], pg_temp.today()) f),
  array[true, false], 'who was told with others is told of a change, who was not told of a plan');
delete from public.planned_pauses where id = pg_temp.id('plan');
insert into public.notifications (id, mentor_id, audience, kind, planned_pause_id, record_version)
select pg_temp.id('cancelled ' || a), pg_temp.id('planned'), a, 'pause_cancelled', pg_temp.id('plan'), 2 from unnest(array['coordinator', 'mentor']) a;
select is((select array_agg(f.is_true order by f.notification_id = pg_temp.id('cancelled mentor'))
    from private.notification_facts(array[pg_temp.id('cancelled coordinator'), pg_temp.id('cancelled mentor')], pg_temp.today()) f),
  array[true, false], 'and of its end');

-- Attempts about several belong where their recipient does.

insert into public.notification_attempts (notification_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
values (pg_temp.id('n'), 'several_paused', pg_temp.id('kari'), 'coordinator', 'inbox', 'delivered', 'assigned to the mentor', 'assigned to the mentor');
select pg_temp.add_person('olav');
select pg_temp.join_chapter('olav', 'administrator', 'oslo');
select pg_temp.add_person('bodil');
select pg_temp.join_chapter('bodil', 'administrator', 'bergen');
create function pg_temp.seen(actor text) returns text
language plpgsql as $$
declare seen text;
begin
  perform pg_temp.become(actor);
  seen := (select count(*) from public.notification_attempts a where a.notification_id = pg_temp.id('n') and a.recipient_id is not null);
  perform pg_temp.become('owner');
  return seen;
end
$$;
select is(array(
  select a || ' ' || pg_temp.seen(a) from unnest(array['olav', 'bodil', 'kari']) a),
  array['olav 1', 'bodil 0', 'kari 0'], 'the administrator of the recipient''s chapter sees them');

select * from finish();
rollback;
