-- The dashboard's counts. They are kept as sums, so they are compared with a
-- plain count over the tables: after every kind of change, on every date of the
-- coming weeks, before and after the sums are folded and rebuilt.
begin;
\ir _fixtures.psql

select plan(102);

select pg_temp.add_chapter(name) from unnest(array['oslo', 'asker', 'bergen', 'empty']) name;
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.join_chapter('coordinator', 'coordinator', 'asker');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_coordinator('nobody''s coordinator', 'empty');

create function pg_temp.summary(actor text, arguments text default '') returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.coordinator_roster(' || arguments || ') -> ''summary''') $$;

-- By the rules, one mentor after the other.
create function pg_temp.counted(chapter_ids uuid[], as_of date) returns jsonb
language plpgsql stable as $$
begin
  return (with mentors as (
    select distinct m.user_id as id
    from public.chapter_memberships m
    where m.role = 'mentor' and m.ended_at is null and m.chapter_id = any (chapter_ids)
  ), facts as (
    select m.id,
      (select min(k.until) from (
        select max(coalesce(c.expires_on, 'infinity')) as until
        from public.certifications c
        where c.mentor_id = m.id
          and (c.issued_on <= as_of or c.issued_on <= 1 + (
            select max(coalesce(h.expires_on, 'infinity')) from public.certifications h
            where h.mentor_id = m.id and h.kind = c.kind and h.issued_on <= as_of))
        group by c.kind) k) as certified_until,
      r.paused_at is not null as paused, r.expected_return_date
    from mentors m
    left join public.pause_records r on r.mentor_id = m.id and r.status <> 'active'
  ), statuses as (
    select f.*, case when f.certified_until < as_of then 'expired_cert' when f.paused then 'paused' else 'active' end as status
    from facts f
  )
  select jsonb_build_object(
    'total', count(*),
    'active', count(*) filter (where s.status = 'active'),
    'paused', count(*) filter (where s.status = 'paused'),
    'expired_cert', count(*) filter (where s.status = 'expired_cert'),
    'expiring_soon', count(*) filter (where s.status <> 'expired_cert' and s.certified_until <= as_of + 30),
    'return_overdue', count(*) filter (where s.status = 'paused' and s.expected_return_date < as_of),
    'returning', count(*) filter (where s.status = 'paused' and s.expected_return_date between as_of and as_of + 7),
    'open_ended', count(*) filter (where s.status = 'paused' and s.expected_return_date is null),
    'open_requests', (
      select count(*) from public.leave_requests l where l.mentor_id in (select id from mentors) and l.state = 'open'),
    'mine', (
      select count(*) from public.coordinator_assignments a
      where a.mentor_id in (select id from mentors) and a.coordinator_id = pg_temp.id('coordinator') and a.ended_at is null
        and exists (
          select from public.chapter_memberships m
          join public.chapter_memberships c on c.chapter_id = m.chapter_id
          where m.user_id = a.mentor_id and m.role = 'mentor' and m.ended_at is null
            and c.user_id = a.coordinator_id and c.role = 'coordinator' and c.ended_at is null)),
    'undelivered_notifications', (
      select count(*) from public.notifications n
      where n.mentor_id in (select id from mentors) and n.state = 'undeliverable' and n.acknowledged_at is null),
    'open_discrepancies', (
      select count(*) from public.status_discrepancies d where d.mentor_id in (select id from mentors) and d.acknowledged_at is null))
  from statuses s);
end
$$;

-- Dates on which the kept sums differ from the plain count, for several choices of chapters.
create function pg_temp.differences(days integer[]) returns table (day integer, chapters text, kept jsonb, counted jsonb)
language sql as $$
  select d, c.chapters, k.kept, p.counted
  from (
    select chapters, array(select pg_temp.id(name) from unnest(string_to_array(chapters, ',')) name) as ids
    from unnest(array['oslo', 'asker', 'bergen', 'oslo,asker', 'oslo,asker,bergen', 'empty']) chapters) c
  cross join unnest(days) d
  cross join lateral (select private.roster_summary(c.ids, pg_temp.today() + d, pg_temp.id('coordinator')) as kept) k
  cross join lateral (select pg_temp.counted(c.ids, pg_temp.today() + d) as counted) p
  where k.kept <> p.counted
$$;

-- A pause of any age, as it stands after days have passed. The return is counted from today.
create function pg_temp.paused(mentor text, return_day integer, under text default 'paused') returns void
language sql as $$
  insert into public.pause_records (mentor_id, status, paused_at, expected_return_date)
  values (pg_temp.id(mentor), under, now() - interval '40 days', pg_temp.today() + return_day)
$$;

-- The rules at their edges, each alone in a chapter.

select is(
  pg_temp.summary('nobody''s coordinator'),
  '{"total": 0, "active": 0, "paused": 0, "expired_cert": 0, "expiring_soon": 0, "return_overdue": 0, "returning": 0, "open_ended": 0, "open_requests": 0, "mine": 0, "undelivered_notifications": 0, "open_discrepancies": 0}',
  'a chapter without mentors counts zeros');

create temporary table edges (
  name text, certified boolean, until_day integer, paused boolean, return_day integer,
  status text, expiring boolean, overdue boolean);
insert into edges values
  ('not certified', false, null, false, null, 'active', false, false),
  ('certified for ever', true, null, false, null, 'active', false, false),
  ('certified until yesterday', true, -1, false, null, 'expired_cert', false, false),
  ('certified until today', true, 0, false, null, 'active', true, false),
  ('certified for 30 days', true, 30, false, null, 'active', true, false),
  ('certified for 31 days', true, 31, false, null, 'active', false, false),
  ('paused', false, null, true, null, 'paused', false, false),
  ('paused, back yesterday', false, null, true, -1, 'paused', false, true),
  ('paused, back today', false, null, true, 0, 'paused', false, false),
  ('paused, back tomorrow', false, null, true, 1, 'paused', false, false),
  ('paused, back yesterday, certified for ever', true, null, true, -1, 'paused', false, true),
  ('paused, back yesterday, certified until today', true, 0, true, -1, 'paused', true, true),
  ('paused, back yesterday, certified until yesterday', true, -1, true, -1, 'expired_cert', false, false),
  ('paused, back long ago, certified until yesterday', true, -1, true, -30, 'expired_cert', false, false),
  ('paused, certified for 30 days', true, 30, true, null, 'paused', true, false),
  ('paused, certified for 31 days', true, 31, true, 90, 'paused', false, false);
select pg_temp.add_chapter('chapter of ' || e.name) from edges e;
select pg_temp.join_chapter('coordinator', 'coordinator', 'chapter of ' || e.name) from edges e;
select pg_temp.add_mentor(e.name, 'chapter of ' || e.name) from edges e;
select pg_temp.certify(e.name, e.until_day) from edges e where e.certified;
select pg_temp.paused(e.name, e.return_day) from edges e where e.paused;

create temporary table shown as
  select e.name, pg_temp.answer('coordinator', format('public.coordinator_roster(pg_temp.id(%L))', 'chapter of ' || e.name)) as screen
  from edges e;
select is(
  s.screen -> 'summary',
  jsonb_build_object('total', 1, 'active', (e.status = 'active')::int, 'paused', (e.status = 'paused')::int,
    'expired_cert', (e.status = 'expired_cert')::int, 'expiring_soon', e.expiring::int, 'return_overdue', e.overdue::int,
    'returning', (e.status = 'paused' and coalesce(e.return_day between 0 and 7, false))::int,
    'open_ended', (e.status = 'paused' and e.return_day is null)::int, 'open_requests', 0, 'mine', 0,
    'undelivered_notifications', 0, 'open_discrepancies', 0),
  format('counted as %s%s%s: %s', e.status, case when e.expiring then ', expiring' else '' end, case when e.overdue then ', overdue' else '' end, e.name))
from edges e join shown s using (name);
select is(
  jsonb_build_array(s.screen #> '{mentors,0,status}', s.screen #> '{mentors,0,return_overdue}', s.screen #>> '{mentors,0,certification_state}' = 'expiring'),
  jsonb_build_array(e.status, e.overdue, e.expiring),
  'and listed as that: ' || e.name)
from edges e join shown s using (name);
-- The rows of who looks after one chapter only are written in another way.
select pg_temp.add_coordinator('alone with ' || e.name, 'chapter of ' || e.name) from edges e;
select is(
  pg_temp.answer('alone with ' || e.name, 'public.coordinator_roster()') -> 'mentors', s.screen -> 'mentors',
  'and to a coordinator of this chapter alone alike: ' || e.name)
from edges e join shown s using (name);
select is(
  (pg_temp.summary('coordinator') -> 'total')::int, (select count(*)::int from edges),
  'without a chapter, all of the caller''s are counted');

-- The same mentors together in Oslo, some in Asker and Bergen too: each counts once.

select pg_temp.join_chapter(e.name, 'mentor', 'oslo') from edges e;
select pg_temp.join_chapter(e.name, 'mentor', 'asker') from edges e where e.name like '%30%' or e.name like '%yesterday%';
select pg_temp.join_chapter(e.name, 'mentor', 'bergen') from edges e where e.name like '%today%';
select is(
  pg_temp.summary('coordinator') - 'undelivered_notifications' - 'open_discrepancies',
  (select jsonb_build_object('total', count(*), 'active', count(*) filter (where e.status = 'active'), 'paused', count(*) filter (where e.status = 'paused'),
     'expired_cert', count(*) filter (where e.status = 'expired_cert'), 'expiring_soon', count(*) filter (where e.expiring),
     'return_overdue', count(*) filter (where e.overdue),
     'returning', count(*) filter (where e.status = 'paused' and e.return_day between 0 and 7),
     'open_ended', count(*) filter (where e.status = 'paused' and e.return_day is null), 'open_requests', 0, 'mine', 0) from edges e),
  'a mentor in several of the caller''s chapters is counted once');
select is_empty('select * from pg_temp.differences(array(select generate_series(0, 70)))', 'on every date the counts are those of the rules');
select pg_temp.join_chapter('paused, back today', 'coordinator', 'asker');
select is_empty($$select * from pg_temp.differences('{0, 1, 3, 5, 6, 9, 13, 20, 30, 45}')$$, 'being a coordinator too counts nobody twice');

-- Every kind of change.

create function pg_temp.after(change text, description text) returns text
language plpgsql as $$
begin
  execute change;
  return is_empty($q$select * from pg_temp.differences('{0, 1, 3, 5, 6, 9, 13, 20, 30, 45}')$q$, 'after ' || description);
end
$$;
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.pause_mentor(pg_temp.id('certified for 31 days'), 'Ferie', pg_temp.today() + 20)$q$)$$, 'a pause');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.pause_mentor(pg_temp.id('certified for 31 days'), 'Ferie', pg_temp.today() + 25, 1)$q$)$$, 'another return date');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.pause_mentor(pg_temp.id('certified for 31 days'), 'Ferie', null, 2)$q$)$$, 'no return date');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.reactivate_mentor(pg_temp.id('certified for 31 days'))$q$)$$, 'a reactivation');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.pause_mentor(pg_temp.id('certified until yesterday'), 'Ferie', pg_temp.today() + 2)$q$)$$, 'a pause under an expired certification');
select pg_temp.after($$select pg_temp.certify('certified until yesterday', 50, 0)$$, 'its renewal');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.reactivate_mentor(pg_temp.id('certified until yesterday'))$q$)$$, 'a reactivation after it');
select pg_temp.after($$select pg_temp.certify('certified until today', 60, 5)$$, 'a renewal that begins after a gap');
select pg_temp.after($$select pg_temp.certify('paused, back yesterday, certified until today', 60, 3)$$, 'the same under a pause');
select pg_temp.after($$select pg_temp.certify('certified for 30 days', 60, 20)$$, 'a renewal that begins before the end');
select pg_temp.after($$select pg_temp.certify('not certified', 10, 8)$$, 'a first certification that begins later');
select pg_temp.after($$select pg_temp.certify('certified for ever', 12, 4, 'first aid')$$, 'another kind that begins later');
select pg_temp.after($$select pg_temp.certify('certified for ever', 40, 14, 'first aid')$$, 'and its renewal after a gap');
select pg_temp.after($$update public.certifications set expires_on = expires_on - 3 where mentor_id = pg_temp.id('paused, certified for 30 days')$$, 'an early revocation');
select pg_temp.after($$delete from public.certifications where mentor_id = pg_temp.id('paused, back long ago, certified until yesterday')$$, 'a certification deleted');
select pg_temp.after($$update public.pause_records set status = 'expired_cert' where id = pg_temp.live_id('paused, back yesterday, certified until yesterday')$$, 'an expiry stored by hand');
select pg_temp.after($$update public.pause_records set expected_return_date = pg_temp.today() + 6 where mentor_id in (select pg_temp.id(name) from edges) and status <> 'active'$$, 'many return dates at once');
select pg_temp.after($$update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('paused') and chapter_id = pg_temp.id('oslo')$$, 'a paused mentor leaving a chapter');
select pg_temp.after($$update public.chapter_memberships set ended_at = null where user_id = pg_temp.id('paused') and chapter_id = pg_temp.id('oslo')$$, 'coming back');
select pg_temp.after($$update public.chapter_memberships set chapter_id = pg_temp.id('asker') where user_id = pg_temp.id('paused') and chapter_id = pg_temp.id('oslo')$$, 'moving to another');
select pg_temp.after($$update public.chapter_memberships set role = 'coordinator' where user_id = pg_temp.id('paused') and chapter_id = pg_temp.id('asker')$$, 'becoming its coordinator');
select pg_temp.after($$delete from public.chapter_memberships where user_id = pg_temp.id('paused, back tomorrow')$$, 'memberships deleted');
select pg_temp.after($$select pg_temp.answer('coordinator', $q$public.reactivate_mentor(pg_temp.id('paused, certified for 31 days'))$q$)$$, 'another reactivation');
select pg_temp.after($$update public.chapter_memberships set ended_at = now() where chapter_id = pg_temp.id('asker') and role = 'mentor'$$, 'a whole chapter leaving');
select pg_temp.after($$update public.pause_records set status = 'active' where mentor_id in (select pg_temp.id(name) from edges where name like '%today%') and status <> 'active'$$, 'many reactivations at once');
select pg_temp.after($$delete from auth.users where id = pg_temp.id('paused, back yesterday')$$, 'a person erased');
select pg_temp.after($$update public.profiles set display_name = display_name || ' ny' where id in (select pg_temp.id(name) from edges where name <> 'paused, back yesterday')$$, 'new names');
select pg_temp.after($$insert into public.leave_requests (mentor_id, kind)
  select pg_temp.id(name), kind from unnest(array['certified for ever', 'certified for 31 days', 'paused, back today']) name, unnest(array['pause', 'return']) kind$$,
  'requests of some');
select pg_temp.after($$select pg_temp.assign(name, 'coordinator') from unnest(array['certified for ever', 'certified for 30 days', 'not certified']) name$$, 'assignments');
select pg_temp.after($$select pg_temp.assign('certified for ever', 'bergen coordinator')$$, 'somebody else''s');
select pg_temp.after($$update public.leave_requests set state = 'declined', answered_at = now() where mentor_id = pg_temp.id('certified for ever') and kind = 'pause'$$, 'an answer');
select pg_temp.after($$update public.coordinator_assignments set ended_at = now() where mentor_id = pg_temp.id('certified for 30 days')$$, 'the end of one');
select pg_temp.after($$select private.fold_roster_deltas(5)$$, 'folding some of the deltas');
select pg_temp.after($$select private.fold_roster_deltas(100000)$$, 'folding the rest');
select is((select count(*)::int from private.roster_deltas), 0, 'of which none is left');
select pg_temp.after($$select pg_temp.paused('certified for ever', 3)$$, 'a pause after folding');
select pg_temp.after($$select private.fold_roster_deltas(100000)$$, 'and folding it');
create temporary table entries as select e.mentor_id, e.chapter_id, e.display_name, e.from_on, e.until_on, e.certified_until, e.coordinators from private.roster_entries e;
select pg_temp.after($$select private.rebuild_roster()$$, 'the read model is rebuilt');
select bag_eq(
  'select e.mentor_id, e.chapter_id, e.display_name::text, e.from_on, e.until_on, e.certified_until, e.coordinators from private.roster_entries e',
  'select e.mentor_id, e.chapter_id, e.display_name::text, e.from_on, e.until_on, e.certified_until, e.coordinators from entries e',
  'its entries come out as the triggers had kept them');

-- That the comparison can fail.
insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on)
select e.chapter_set_id, 1, 'mentor', '-infinity', 'infinity' from private.roster_entries e where e.chapter_id = pg_temp.id('bergen') limit 1;
select isnt_empty($$select * from pg_temp.differences('{0}')$$, 'a sum that is off by one is found');

-- What wasn't delivered, and what the nightly run had to repair.

create function pg_temp.troubles(actor text, arguments text default '') returns text
language sql as $$
  select concat(s ->> 'undelivered_notifications', ' ', s ->> 'open_discrepancies') from pg_temp.summary(actor, arguments) s
$$;
select pg_temp.add_chapter('tromsø');
select pg_temp.add_coordinator('tromsø coordinator', 'tromsø');
select pg_temp.add_mentor('nils', 'tromsø');
select pg_temp.join_chapter('nils', 'mentor', 'bergen');
select is(pg_temp.troubles('tromsø coordinator'), '0 0', 'without trouble nothing is counted');
insert into public.notifications (mentor_id, audience, kind, state, acknowledged_at) values
  (pg_temp.id('nils'), 'coordinator', 'mentor_paused', 'undeliverable', null),
  (pg_temp.id('nils'), 'mentor', 'mentor_paused', 'undeliverable', null),
  (pg_temp.id('nils'), 'coordinator', 'return_due', 'undeliverable', now()),
  (pg_temp.id('nils'), 'coordinator', 'return_due', 'pending', null),
  (pg_temp.id('nils'), 'coordinator', 'return_due', 'delivered', null);
insert into public.status_discrepancies (mentor_id, kind, acknowledged_at) values
  (pg_temp.id('nils'), 'status_differs', null), (pg_temp.id('nils'), 'status_differs', now());
select is(pg_temp.troubles('tromsø coordinator'), '2 1', 'what is undeliverable and what was repaired counts until it is acknowledged');
select is(pg_temp.troubles('coordinator'), '0 0', 'in the mentor''s chapters only');
select pg_temp.join_chapter('tromsø coordinator', 'coordinator', 'bergen');
select is(pg_temp.troubles('tromsø coordinator'), '2 1', 'once, though the mentor is in two chapters');
update public.notifications set acknowledged_at = now() where mentor_id = pg_temp.id('nils') and audience = 'mentor';
update public.status_discrepancies set acknowledged_at = now() where mentor_id = pg_temp.id('nils') and acknowledged_at is null;
select is(pg_temp.troubles('tromsø coordinator'), '1 0', 'and not when it is acknowledged');

-- The day changes, and nothing has looked at the mentor since: the organisation moves
-- to a zone in which the next one has begun. (Last here: the date stays there.)
update private.settings set time_zone = pg_temp.zone(hours_left => 2);
select pg_temp.add_chapter('bodø');
select pg_temp.add_coordinator('bodø coordinator', 'bodø');
select pg_temp.add_coordinator('coordinator of two', 'bodø');
select pg_temp.join_chapter('coordinator of two', 'coordinator', 'empty');
select pg_temp.add_mentor('begins tomorrow', 'bodø');
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select pg_temp.id('begins tomorrow'), 'basic course', private.today() + c.from_day, private.today() + c.until_day
from (values (-700, -1), (1, 60)) c (from_day, until_day);
create temporary table before as select pg_temp.answer('bodø coordinator', 'public.coordinator_roster()') as screen;
update private.settings set time_zone = pg_temp.zone(hours_left => 0);
select is(
  (select b.screen #>> '{mentors,0,status}' from before b), 'expired_cert',
  'a certification that is registered ahead does not count before its day');
select is(
  pg_temp.answer(actor, 'public.coordinator_roster(status => ''{active}'')') #> '{mentors,0}',
  (select jsonb_set(b.screen #> '{mentors,0}', '{status}', '"active"')
     || jsonb_build_object('certification_state', 'valid', 'certification_expires_on', (
       select max(c.expires_on) from public.certifications c where c.mentor_id = pg_temp.id('begins tomorrow')))
   from before b),
  'and from the first minute of its day on the mentor is listed as active: ' || actor)
from unnest(array['bodø coordinator', 'coordinator of two']) actor;
select is(
  (select array[s ->> 'active', s ->> 'expired_cert'] from pg_temp.summary('bodø coordinator') s), '{1,0}',
  'and counted as that');

select * from finish();
rollback;
