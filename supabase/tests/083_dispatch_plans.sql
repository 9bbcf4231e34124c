-- What a claim costs: of inboxes and people it reads those that it is about, also by
-- plans that were made while there were next to none.
begin;
\ir _fixtures.psql

select plan(6);

update public.notifications set state = 'delivered' where state = 'pending';
select pg_temp.add_chapter('oslo');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.assign('mentor', 'coordinator');
delete from public.notification_inbox;
analyze public.notification_inbox, public.notification_attempts, public.notifications, public.profiles;

create function pg_temp.notify(most integer) returns void
language sql as $$
  insert into public.notifications (mentor_id, audience, kind)
  select pg_temp.id('mentor'), 'coordinator', 'mentor_reactivated' from generate_series(1, most)
$$;
-- Claims as many as there are, and delivers them; gives how many.
create function pg_temp.dispatch() returns integer
language plpgsql as $$
declare
  claimed jsonb := public.claim_notifications(500, 60, false);
  inbox jsonb;
begin
  select jsonb_agg(jsonb_build_object('notification_id', n ->> 'id', 'recipient_id', r ->> 'id', 'recipient_role', r ->> 'role',
    'chosen_because', r ->> 'chosen_because', 'title', 'Tittel', 'body', 'Tekst'))
  into inbox
  from jsonb_array_elements(claimed -> 'notifications') n cross join jsonb_array_elements(n -> 'recipients') r;
  return (public.record_notifications((claimed ->> 'claim')::uuid, inbox,
    finished => array(select (n ->> 'id')::uuid from jsonb_array_elements(claimed -> 'notifications') n)) ->> 'delivered')::integer;
end
$$;
-- Rows that were looked at in this transaction so far.
create function pg_temp.read(relation text) returns bigint
language sql as $$
  select s.seq_tup_read + s.idx_tup_fetch from pg_stat_xact_user_tables s where s.schemaname in ('public', 'private') and s.relname = relation
$$;

discard plans;
select pg_temp.notify(1);
select is(pg_temp.dispatch(), 1, 'the plans are made for an empty inbox');
select pg_temp.notify(300);
select is(pg_temp.dispatch(), 300, 'and go on to be used while it fills');
select pg_temp.add_mentor('bystander ' || n, 'oslo') from generate_series(1, 500) n;

select pg_temp.notify(20);
create temporary table before as
select relation, pg_temp.read(relation) as read from unnest(array['notification_inbox', 'profiles']) relation;
do $$ begin perform public.claim_notifications(500, 60, false); end $$;
select cmp_ok(pg_temp.read(b.relation) - b.read, '<=', 60::bigint, 'a claim of 20 reads its own rows of ' || b.relation)
from before b order by b.relation;

-- Whether a digest has anything to say, and what, is looked up together.
select pg_temp.add_coordinator('reader ' || n, 'oslo'), pg_temp.add_mentor('late ' || n, 'oslo'), pg_temp.assign('late ' || n, 'reader ' || n)
from generate_series(1, 20) n;
insert into public.pause_records (mentor_id, status, pause_reason, paused_at, expected_return_date)
select pg_temp.id('late ' || n), 'paused', 'Ferie', now() - interval '40 days', pg_temp.today() - 1 from generate_series(1, 20) n;
update public.notifications set state = 'delivered' where state = 'pending';
do $$ begin
  perform private.make_digests(array(select pg_temp.id('reader ' || n) from generate_series(1, 20) n), pg_temp.today());
end $$;
update public.notifications set due_at = now() - interval '1 second' where kind = 'weekly_digest';
create temporary table before_digests as select pg_temp.read('roster_places') as read;
create temporary table claimed as select public.claim_notifications(500, 60, false) as answer;
select cmp_ok(pg_temp.read('roster_places') - b.read, '<=', 30::bigint, 'a claim of 20 digests reads the place of each mentor once')
from before_digests b;
select is(
  (select count(*) from claimed c cross join jsonb_array_elements(c.answer -> 'notifications') n
    where n ->> 'kind' = 'weekly_digest' and jsonb_array_length(n -> 'mentors') = 1), 20::bigint, 'and lists them');

select * from finish();
rollback;
