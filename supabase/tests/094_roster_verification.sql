-- The read model tampered with: found, rebuilt and counted by the nightly run, and
-- no person's discrepancy.
begin;
\ir _fixtures.psql

select plan(77);

-- Every 128th delta folds those before it, by an id that other tests have moved on.
do $$
begin
  perform setval('private.roster_deltas_id_seq', (nextval('private.roster_deltas_id_seq') / 128 + 1) * 128);
end
$$;

select pg_temp.add_chapter(name) from unnest(array['oslo', 'asker', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo', 'Kari');
select pg_temp.join_chapter('coordinator', 'coordinator', 'asker');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_mentor('mentor ' || n, 'oslo') from generate_series(1, 12) n;
select pg_temp.join_chapter('mentor ' || n, 'mentor', 'asker') from generate_series(1, 3) n;
select pg_temp.certify('mentor ' || n, n * 5 - 12), pg_temp.assign('mentor ' || n, 'coordinator') from generate_series(1, 11) n;
select pg_temp.certify('mentor 4', 300, from_day => 100, kind => 'registered ahead');
-- About every 128th delta folds by itself; none of the next ones does.
select setval('private.roster_deltas_id_seq', 128 * (1 + nextval('private.roster_deltas_id_seq') / 128)) is not null as far_from_folding;
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Ferie'', pg_temp.today() + %s)', pg_temp.id('mentor ' || n), n))
from generate_series(3, 9) n;

insert into public.leave_requests (mentor_id, kind) values (pg_temp.id('mentor 2'), 'pause');

create function pg_temp.differences() returns text[]
language sql as $$
  select array(
    select d.kind || ' ' || coalesce((select p.name from pg_temp.people p where p.id = d.mentor_id and d.kind <> 'counts_differ'), '*')
    from private.find_roster_differences(array(select p.id from pg_temp.people p)) d order by 1)
$$;
create function pg_temp.model() returns table (line text)
language sql as $$
  select e::text from private.roster_entries e
  union all
  select 'place ' || p::text from private.roster_places p
  union all
  select 'name ' || k::text from private.roster_names k
  union all
  select 'sum ' || (private.roster_summary(array[pg_temp.id(c)], pg_temp.today() + d, pg_temp.id('coordinator')) - 'open_discrepancies')::text
  from unnest(array['oslo', 'asker']) c, unnest(array[0, 1, 20, 40]) d
  order by 1
$$;
create function pg_temp.reconcile() returns integer
language sql as $$
  select r.roster_repaired + r.counts_repaired from private.reconcile(array(select p.id from pg_temp.people p), pg_temp.today()) r
$$;

select is(pg_temp.differences(), '{}', 'what the triggers made is right');
create temporary table folded as select private.fold_roster_deltas();
select is((select count(*) from private.roster_deltas), 0::bigint, 'all can be folded');
select is(pg_temp.differences(), '{}', 'folded too');
create temporary table before as select * from pg_temp.model();

-- One after the other, each found by its name and rebuilt.
create function pg_temp.repaired(tampering text, expected text[], what text) returns setof text
language plpgsql as $$
begin
  execute tampering;
  return next is(pg_temp.differences(), expected, what || ' is found');
  return next is(pg_temp.reconcile(), cardinality(expected), 'and counted');
  return next results_eq('select * from pg_temp.model()', 'select * from before', 'and rebuilt as it was');
end
$$;
select pg_temp.repaired($$ update private.roster_entries set display_name = 'Somebody else' where mentor_id = pg_temp.id('mentor 5') $$,
  array['roster_differs mentor 5'], 'another name');
select pg_temp.repaired($$ update private.roster_entries set coordinators = '[]' where mentor_id = pg_temp.id('mentor 1') and chapter_id = pg_temp.id('asker') $$,
  array['roster_differs mentor 1'], 'nobody responsible, in one of two chapters');
select pg_temp.repaired($$ update private.roster_places set is_paused = not is_paused where mentor_id = pg_temp.id('mentor 5') $$,
  array['roster_differs mentor 5'], 'a place among those who are paused, or are not');
select pg_temp.repaired($$ update private.roster_places set certified_until = certified_until + 40 where mentor_id = pg_temp.id('mentor 8') $$,
  array['roster_differs mentor 8'], 'a place with a longer certification');
select pg_temp.repaired($$ update private.roster_places set expected_return_date = expected_return_date + 1 where mentor_id = pg_temp.id('mentor 4') $$,
  array['roster_differs mentor 4'], 'a place with a later return');
select pg_temp.repaired($$ update private.roster_places set assigned_to = array[gen_random_uuid()] where mentor_id = pg_temp.id('mentor 1') and chapter_id = pg_temp.id('oslo') $$,
  array['roster_differs mentor 1'], 'a place of somebody else''s');
select pg_temp.repaired($$ update private.roster_places set has_request = not has_request where mentor_id = pg_temp.id('mentor 2') $$,
  array['roster_differs mentor 2'], 'a place without the request');
select pg_temp.repaired($$ update private.roster_entries set open_requests = 2 where mentor_id = pg_temp.id('mentor 2') $$,
  array['counts_differ *', 'roster_differs mentor 2'], 'a request too many');
select pg_temp.repaired($$ update private.roster_counts set open_requests = open_requests + 1 where day = '-infinity' and open_requests > 0 and chapter_set_id > 0 $$,
  array['counts_differ *'], 'a count of requests that is too high');
select pg_temp.repaired($$ update private.roster_counts set mentors = mentors + 1 where day = '-infinity' and chapter_set_id = (select min(a.id) from private.assigned_sets a) $$,
  array['counts_differ *'], 'a count of those assigned to somebody');
select pg_temp.repaired($$ delete from private.roster_places where mentor_id = pg_temp.id('mentor 1') and chapter_id = pg_temp.id('asker') $$,
  array['roster_differs mentor 1'], 'no place in one of two chapters');
select pg_temp.repaired($$ update private.roster_names set display_name = 'Somebody else' where mentor_id = pg_temp.id('mentor 5') $$,
  array['roster_differs mentor 5'], 'another name to be searched');
select pg_temp.repaired($$ delete from private.roster_names where mentor_id = pg_temp.id('mentor 1') and chapter_id = pg_temp.id('asker') $$,
  array['roster_differs mentor 1'], 'no name in one of two chapters');
select pg_temp.repaired($$ insert into private.roster_places (mentor_id, chapter_id, from_on, until_on, present_from, is_paused, display_name)
    values (pg_temp.id('mentor 6'), pg_temp.id('asker'), '-infinity', 'infinity', '-infinity', false, 'Nobody') $$,
  array['roster_differs mentor 6'], 'a place without an entry');
select pg_temp.repaired($$ insert into private.roster_names (mentor_id, chapter_id, display_name)
    values (pg_temp.id('administrator'), pg_temp.id('oslo'), 'Nobody') $$,
  array['roster_differs administrator'], 'a name without an entry');
select pg_temp.repaired($$ delete from private.roster_entries where mentor_id = pg_temp.id('mentor 6') $$,
  array['counts_differ *', 'roster_differs mentor 6'], 'a mentor who is not listed');
select pg_temp.repaired($$ insert into private.roster_entries (mentor_id, chapter_id, from_on, until_on, present_from, display_name, chapter_set_id, coordinators)
    select pg_temp.id('administrator'), chapter_id, from_on, until_on, present_from, 'Nobody', chapter_set_id, '[]' from private.roster_entries where mentor_id = pg_temp.id('mentor 7') $$,
  array['counts_differ *', 'roster_differs administrator'], 'somebody listed who is no mentor');
select pg_temp.repaired($$ update private.roster_entries set certified_until = certified_until + 40 where mentor_id = pg_temp.id('mentor 8') $$,
  array['counts_differ *', 'roster_differs mentor 8'], 'a longer certification');
select pg_temp.repaired($$ delete from private.roster_entries where mentor_id = pg_temp.id('mentor 4') and from_on > '-infinity' $$,
  array['counts_differ *', 'roster_differs mentor 4'], 'a certification registered ahead and forgotten');
select pg_temp.repaired($$ update private.roster_counts set paused = paused + 1 where day = '-infinity' and mentors > 3 $$,
  array['counts_differ *'], 'a count that is too high');
select pg_temp.repaired($$ insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
    select chapter_set_id, -1, 'pause', from_on, until_on, null, pg_temp.today() + 4 from private.roster_entries where mentor_id = pg_temp.id('mentor 1') limit 1 $$,
  array['counts_differ *'], 'a delta of nothing');

-- It is the operator's affair: no administrator is told, no mentor is named.
select is_empty('select * from public.status_discrepancies', 'none of it is a discrepancy');
select is_empty($$ select * from public.notifications where kind = 'discrepancy_found' $$, 'of which administrators would be told');
-- A certification that begins to count on a later day is looked up until then.
select is(
  pg_temp.differences(), '{}', 'in the end all is well');
select is(pg_temp.reconcile(), 0, 'and nothing is counted twice');
-- A chapter that all have left has nobody with whose turn its counts are compared.
select pg_temp.add_mentor('the last one', 'bergen');
select private.fold_roster_deltas();
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('the last one');
select private.fold_roster_deltas();
update private.roster_counts c set mentors = c.mentors + 3
where c.day = '-infinity' and c.chapter_set_id = (select m.chapter_set_id from private.chapter_set_members m where m.chapter_id = pg_temp.id('bergen'));
select is(pg_temp.reconcile(), 1, 'the counts of a chapter without mentors are found too');
select is(private.roster_summary(array[pg_temp.id('bergen')], pg_temp.today()) ->> 'total', '0', 'and corrected');
-- The numbers over all chapters are the sums.
create function pg_temp.of_all() returns jsonb language sql as $$ select private.roster_summary(null, pg_temp.today()) $$;
select is(pg_temp.of_all(), private.roster_summary(array(select c.id from public.chapters c), pg_temp.today()), 'over all chapters it adds up');
select is(private.total_differs(), false, 'which is compared');
update private.roster_counts c set paused = c.paused + 1 where c.chapter_set_id = 0 and c.day = '-infinity';
select is(private.total_differs(), true, 'so that a wrong sum is found');
select private.recount('{}');
select is(array[private.total_differs(), pg_temp.of_all() = private.roster_summary(array(select c.id from public.chapters c), pg_temp.today())], array[false, true],
  'and corrected');
-- All of it from nothing.
select private.rebuild_roster();
select is(pg_temp.differences(), '{}', 'a rebuild is right too');

select * from finish();
rollback;
