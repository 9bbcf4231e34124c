-- The weekly digest: whom it is about, for whom and when it is made, that it is true when it
-- is written, and that whoever wants none gets none.
begin;
\ir _fixtures.psql

select plan(39);

do $$ begin execute format('grant pause_scheduler to %I', current_user); end $$;
select pg_temp.put_samples_aside();
update public.notifications set state = 'delivered' where state = 'pending';
delete from private.weekly_digests;
update private.nightly_state set digested_week = null;

select pg_temp.add_chapter(name) from unnest(array['oslo', 'asker', 'bergen']) name;
select pg_temp.add_coordinator('kari', 'oslo');
select pg_temp.add_coordinator('per', 'oslo');
select pg_temp.add_coordinator('idle', 'oslo');
select pg_temp.add_person('anne');
select pg_temp.join_chapter('anne', 'administrator', 'oslo');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

create function pg_temp.add(name text, chapter text, coordinator text default null) returns void
language plpgsql as $$
begin
  perform pg_temp.add_mentor(add.name, add.chapter);
  if add.coordinator is not null then
    perform pg_temp.assign(add.name, add.coordinator);
  end if;
end
$$;
create function pg_temp.away(name text, return_day integer) returns void
language sql as $$
  insert into public.pause_records (mentor_id, status, pause_reason, paused_at, expected_return_date)
  values (pg_temp.id(name), 'paused', 'Hemmelig', now() - interval '40 days', pg_temp.today() + return_day)
$$;
create function pg_temp.lines(recipient text, day integer default 0) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', l.display_name, 'late ' || (l.was_expected_on - pg_temp.today()), 'back ' || (l.returns_on - pg_temp.today()),
      'ends ' || (l.certified_until - pg_temp.today()), array_to_string(l.asks_for, '+'))
    from private.digest_lines(array[pg_temp.id(recipient)], pg_temp.today() + day) l order by 1)
$$;

select pg_temp.add('all well', 'oslo', 'kari');
select pg_temp.add('late', 'oslo', 'kari'), pg_temp.away('late', -1);
select pg_temp.add('back today', 'oslo', 'kari'), pg_temp.away('back today', 0);
select pg_temp.add('back in a month', 'oslo', 'kari'), pg_temp.away('back in a month', 30);
select pg_temp.add('open', 'oslo', 'kari'), pg_temp.away('open', null);
select pg_temp.add('ends', 'oslo', 'kari'), pg_temp.certify('ends', 30);
select pg_temp.add('ends later', 'oslo', 'kari'), pg_temp.certify('ends later', 31);
select pg_temp.add('ended', 'oslo', 'kari'), pg_temp.certify('ended', -1), pg_temp.away('ended', -1);
select pg_temp.add('everything', 'oslo', 'kari'), pg_temp.away('everything', -9), pg_temp.certify('everything', 3);
insert into public.leave_requests (mentor_id, kind, created_at) values
  (pg_temp.id('everything'), 'return', now()), (pg_temp.id('everything'), 'change_return', now() - interval '1 hour');
select pg_temp.add('of per', 'oslo', 'per'), pg_temp.away('of per', -2);
select pg_temp.add('of nobody', 'oslo'), pg_temp.away('of nobody', -3);
select pg_temp.add('far away', 'bergen'), pg_temp.away('far away', -4);
select pg_temp.add('in two', 'bergen'), pg_temp.join_chapter('in two', 'mentor', 'oslo'), pg_temp.away('in two', -5);

select is(pg_temp.lines('kari'), array['back today back 0', 'ends ends 30', 'everything late -9 ends 3 change_return+return', 'late late -1'],
  'a coordinator''s is about those assigned to them');
select is(pg_temp.lines('per'), array['of per late -2'], 'another''s about others');
select is(pg_temp.lines('anne'), array['in two late -5', 'of nobody late -3'], 'an administrator''s about those without a coordinator');
select is(pg_temp.lines('office'), array['far away late -4'], 'the office''s about those without an administrator either');
select is(pg_temp.lines('idle'), '{}', 'who looks after nobody has none');
select is(pg_temp.lines('late'), '{}', 'nor has a mentor');
select is(pg_temp.lines('kari', 8 - extract(isodow from pg_temp.today())::integer) @> array['late late -1', 'back today late 0'], true, 'next week others are late');
select pg_temp.join_chapter('anne', 'coordinator', 'oslo'), pg_temp.assign('late', 'anne'), pg_temp.assign('everything', 'anne');
select is(pg_temp.lines('anne'), array['everything late -9 ends 3 change_return+return', 'in two late -5', 'late late -1', 'of nobody late -3'],
  'who is both has both, each mentor once');
update public.coordinator_assignments set ended_at = now() where coordinator_id = pg_temp.id('anne');
-- As the table has it: no membership is ended in this transaction, whose moment is one.
update public.chapter_memberships set role = 'administrator', chapter_id = pg_temp.id('asker') where user_id = pg_temp.id('anne') and role = 'coordinator';

-- The first night of a week makes them, once.
create function pg_temp.night(day integer) returns text
language plpgsql as $$
declare
  run jsonb := public.nightly_begin(pg_temp.today() + day, false, gen_random_uuid());
begin
  while run ->> 'outcome' is null loop
    run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 3);
  end loop;
  return run ->> 'outcome';
end
$$;
create function pg_temp.made() returns text[]
language sql as $$
  select array(
    select concat_ws(' ', pg_temp.name_of(w.recipient_id), w.week_of - date_trunc('week', pg_temp.today())::date, n.state)
    from private.weekly_digests w join public.notifications n on n.id = w.notification_id order by 1)
$$;
select is(pg_temp.night(0), 'completed', 'a night');
select is(pg_temp.made(), array['anne 0 pending', 'kari 0 pending', 'office 0 pending', 'per 0 pending'], 'makes one for each who has something to be told');
select is(
  (select array_agg(distinct n.due_at) from public.notifications n where n.kind = 'weekly_digest'),
  array[(pg_temp.today() + time '07:00') at time zone 'Europe/Oslo'], 'for seven in the morning, where the organisation is');
select is((select array_agg(distinct concat_ws(' ', n.audience, n.mentor_id)) from public.notifications n where n.kind = 'weekly_digest'), array['coordinator'], 'about no mentor by itself');
select is(pg_temp.night(0), 'completed', 'the same night again');
select is(cardinality(pg_temp.made()), 4, 'makes none');
select is((select s.digested_week from private.nightly_state s), date_trunc('week', pg_temp.today())::date, 'since the week has its digests');
select is(private.make_digests(array[pg_temp.id('kari')], pg_temp.today()), 0, 'nobody has two in a week');

-- Written when it is delivered.
create function pg_temp.claimed(hours numeric, day integer default 0) returns jsonb
language plpgsql as $$
declare
  answer jsonb := public.claim_notifications(1000, 60, true, ((pg_temp.today() + day) + hours * interval '1 hour') at time zone 'Europe/Oslo');
begin
  -- Taken back, so that the next one sees it too.
  update public.notifications n set claim = null, claims = 0, due_at = (pg_temp.today() + time '07:00') at time zone 'Europe/Oslo'
  where n.kind = 'weekly_digest' and n.state = 'pending';
  return coalesce((
    select jsonb_object_agg(pg_temp.name_of((n #>> '{recipients,0,id}')::uuid), n) from jsonb_array_elements(answer -> 'notifications') n
    where n ->> 'kind' = 'weekly_digest'), '{}');
end
$$;
create function pg_temp.told(claimed jsonb, recipient text) returns text[]
language sql as $$
  select array(select m ->> 'name' from jsonb_array_elements(claimed -> recipient -> 'mentors') with ordinality e (m, nth) order by nth)
$$;
select is(pg_temp.claimed(6.99), '{}', 'not before seven');
create temporary table morning as select pg_temp.claimed(7) as c;
select is(array(select jsonb_object_keys(c) from morning order by 1), array['anne', 'kari', 'office', 'per'], 'at seven');
select is(pg_temp.told(c, 'kari'), array['everything', 'late', 'back today', 'ends'], 'who is late comes first') from morning;
select is((c #> '{kari,mentors,0}') - 'id'::text, jsonb_build_object('name', 'everything', 'was_expected_on', pg_temp.today() - 9, 'returns_on', null,
    'certified_until', pg_temp.today() + 3, 'certification', (select jsonb_build_object('nb', k.name_nb, 'nn', k.name_nn, 'en', k.name_en)
      from public.certification_kinds k where k.code = 'basic course'), 'asks_for', array['change_return', 'return']),
  'with what there is to say, and no reason') from morning;
select is(c #>> '{kari,recipients,0,role}', 'coordinator', 'as what') from morning;
select is(c #>> '{office,recipients,0,role}', 'administrator', 'and the office as that') from morning;
select is(jsonb_array_length(c #> '{kari,recipients}'), 1, 'one recipient each') from morning;
select is(jsonb_array_length(c #> '{kari,recipients,0,mentors}'), 4, 'told of all of them') from morning;
select ok(position('Hemmelig' in c::text) = 0, 'reasons stay where they are') from morning;

update public.pause_records set status = 'active' where mentor_id = pg_temp.id('late') and status = 'paused';
select is(pg_temp.told(pg_temp.claimed(7.1), 'kari'), array['everything', 'back today', 'ends'], 'who has returned since is not named');
update public.pause_records set status = 'active' where mentor_id = pg_temp.id('of per') and status = 'paused';
select is(pg_temp.claimed(7.2) -> 'per', null, 'with nobody to name there is none');
select is((select n.state from public.notifications n join private.weekly_digests w on w.notification_id = n.id where w.recipient_id = pg_temp.id('per')), 'settled', 'and it is settled');
select is((select count(*) from public.notifications n where n.kind = 'weekly_digest' and n.state = 'undeliverable'), 0::bigint, 'nothing is undeliverable');

-- By choice.
select is(pg_temp.answer('kari', 'public.set_weekly_digest(false)'), '{"weekly_digest": false}', 'a coordinator turns it off');
select is(pg_temp.claimed(7.3) -> 'kari', null, 'and gets none, though it was made');
select is(pg_temp.answer('kari', 'public.set_weekly_digest(true)'), '{"weekly_digest": true}', 'and on again');
select is(pg_temp.lines('kari'), array['back today back 0', 'ends ends 30', 'everything late -9 ends 3 change_return+return'], 'from then on there is one');
select pg_temp.refuses('kari', 'public.set_weekly_digest()', 'invalid_request', 400, 'there is something to choose', 'weekly_digest');
select is(pg_temp.answer('office', 'public.set_weekly_digest(false, ''018f0000-0000-4000-8000-000000000001'')') - 'x'::text,
  pg_temp.answer('office', 'public.set_weekly_digest(false, ''018f0000-0000-4000-8000-000000000001'')') - 'x'::text, 'a repeated choice has the same answer');

-- Missed on Monday, it is still made on the first night of the week that there is; the next week has its own.
select is(pg_temp.night(7), 'completed', 'a week later');
select is(array(select m from unnest(pg_temp.made()) m where m like '% 7 %'), array['anne 7 pending', 'kari 7 pending'], 'whoever wants one has another');
select is(array(select jsonb_object_keys(pg_temp.claimed(9, 7)) order by 1), array['anne', 'kari'], 'what is of last week is not sent any more');

-- Erased with the person.
select private.pseudonymise(pg_temp.id('office'), null);
select is_empty($$select * from private.digest_refusals$$, 'a choice goes with the person');

select * from finish();
rollback;
