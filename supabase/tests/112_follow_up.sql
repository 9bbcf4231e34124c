-- What administrators have to see to: who is shown what of it, what to do about it, and
-- that it is what the roster counts.
begin;
\ir _fixtures.psql

select plan(101);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.add_person(name || ' administrator') from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.join_chapter(name || ' administrator', 'administrator', name) from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.add_person('both');
select pg_temp.join_chapter('both', 'administrator', name) from unnest(array['oslo', 'bergen']) name;
select pg_temp.add_person('former administrator');
select pg_temp.join_chapter('former administrator', 'administrator', 'oslo', now() - interval '1 day');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_mentor('kari', 'oslo', 'Kari Nordmann');
select pg_temp.add_mentor('per', 'bergen');
select pg_temp.add_person('left');
select pg_temp.join_chapter('left', 'mentor', 'oslo', now() - interval '1 year');
select pg_temp.add_mentor('two', 'oslo');
select pg_temp.join_chapter('two', 'mentor', 'bergen');
select pg_temp.add_person('never');
select pg_temp.add_person('moved');
select pg_temp.join_chapter('moved', 'mentor', 'oslo', now() - interval '1 year');
select pg_temp.join_chapter('moved', 'mentor', 'bergen');

create function pg_temp.undeliverable(name text, mentor text, audience text, reason text, minutes integer, outcome text default 'no_recipient') returns void
language sql as $$
  insert into public.notifications (id, mentor_id, audience, kind, state, created_at)
  values (pg_temp.id(name), pg_temp.id(mentor), audience, 'mentor_paused', 'undeliverable', now() - minutes * interval '1 minute');
  insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
  values (pg_temp.id(name), pg_temp.id(mentor), 'mentor_paused', 'inbox', outcome, reason);
  insert into pg_temp.people values (pg_temp.id(name), name);
$$;
create function pg_temp.page(actor text, arguments text default '') returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.follow_up_page(' || arguments || ')') $$;
-- The rows of a list, by name and some of their columns.
create function pg_temp.listed(page jsonb, list text, also text default null, too text default null, last text default null) returns text[]
language sql as $$
  select array(
    select concat_ws(' ', pg_temp.name_of(coalesce(r ->> 'person_id', r ->> 'id')::uuid), r ->> also, r ->> too, r ->> last)
    from jsonb_array_elements(page -> list) with ordinality l (r, place)
    order by place)
$$;

select is(pg_temp.page('oslo administrator') - 'as_of' - 'nights', '{
  "counts": {"undelivered_notifications": 0, "stuck_notifications": 0, "failed_emails": 0, "refused_addresses": 0, "open_discrepancies": 0},
  "undelivered": [], "stuck": [], "failed_emails": [], "refused_addresses": [], "discrepancies": [], "next_cursor": null}',
  'nothing has to be seen to');


-- Undelivered: for whom, what to do, and in the number that the roster counts.

create temporary table nobody as select 'no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator' as reason;
select pg_temp.certify('kari', 400);
select pg_temp.answer('coordinator', format('public.pause_mentor(%L, ''Noe som er hemmelig'')', pg_temp.id('kari')));
select pg_temp.undeliverable('of kari', 'kari', 'coordinator', (select reason from nobody), 1);
select pg_temp.undeliverable('to the administrator', 'kari', 'administrator', 'neither the chapter nor the organisation has an active administrator', 2);
select pg_temp.undeliverable('over', 'two', 'coordinator', (select reason from nobody), 3);
select pg_temp.undeliverable('broken', 'two', 'coordinator', 'given up: it was claimed too often without an outcome being recorded', 4, 'failed');
select pg_temp.undeliverable('of left', 'left', 'coordinator', 'the mentor is active in no chapter', 5);
select pg_temp.undeliverable('of per', 'per', 'coordinator', (select reason from nobody), 6);
select pg_temp.undeliverable('of never', 'never', 'coordinator', 'there is no such mentor', 7);
select pg_temp.undeliverable('done', 'kari', 'coordinator', (select reason from nobody), 8);
update public.notifications set acknowledged_at = now() where id = pg_temp.id('done');

create temporary table whose (actor text, chapter text, has text[]);
insert into whose values
  ('oslo administrator', null, array['of kari', 'to the administrator', 'over', 'broken', 'of left']),
  ('bergen administrator', null, array['over', 'broken', 'of per']),
  ('tromsø administrator', null, '{}'),
  ('both', null, array['of kari', 'to the administrator', 'over', 'broken', 'of left', 'of per']),
  ('both', 'bergen', array['over', 'broken', 'of per']),
  ('office', null, array['of kari', 'to the administrator', 'over', 'broken', 'of left', 'of per', 'of never']),
  ('office', 'oslo', array['of kari', 'to the administrator', 'over', 'broken', 'of left']),
  ('office', 'tromsø', '{}');
grant select on whose to public;
select is(pg_temp.listed(pg_temp.page(w.actor, coalesce(format('%L', pg_temp.id(w.chapter)), '')), 'undelivered'), w.has,
  'undelivered, newest first: ' || concat_ws(', only ', w.actor, w.chapter)) from whose w;
select is(pg_temp.page(w.actor, coalesce(format('%L', pg_temp.id(w.chapter)), '')) #> '{counts,undelivered_notifications}', to_jsonb(cardinality(w.has)),
  'and counted: ' || concat_ws(', only ', w.actor, w.chapter)) from whose w;
select is(pg_temp.page(w.actor, coalesce(format('%L', pg_temp.id(w.chapter)), '')) #> '{counts,undelivered_notifications}',
  pg_temp.answer(w.actor, format('public.coordinator_roster(%L)', pg_temp.id(w.chapter))) #> '{summary,undelivered_notifications}',
  'as the roster counts: ' || concat_ws(', only ', w.actor, w.chapter)) from whose w;
select is(pg_temp.listed(pg_temp.page('office'), 'undelivered', 'fix', 'sent_again'), array[
  'of kari assign_coordinator true', 'to the administrator wait true', 'over acknowledge false', 'broken check_dispatcher false',
  'of left start_membership false', 'of per acknowledge false', 'of never acknowledge false'], 'with what to do about each');
select pg_temp.assign('kari', 'coordinator');
select is((pg_temp.listed(pg_temp.page('office'), 'undelivered', 'fix', 'sent_again'))[1], 'of kari wait true', 'and nothing, once it is done');
select is(pg_temp.page('oslo administrator') #> '{undelivered,0}', jsonb_build_object('id', pg_temp.id('of kari'), 'mentor_id', pg_temp.id('kari'),
  'mentor_name', 'Kari Nordmann', 'chapters', jsonb_build_array(jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')), 'kind', 'mentor_paused',
  'audience', 'coordinator', 'reason', (select reason from nobody), 'fix', 'wait', 'sent_again', true, 'created_at', now() - interval '1 minute'), 'a row');
select is(array(select c ->> 'name' from jsonb_array_elements(pg_temp.page(actor) #> array['undelivered', place, 'chapters']) c), names, 'chapters are those of ' || actor)
from (values ('oslo administrator', '2', array['oslo']), ('both', '2', array['bergen', 'oslo']), ('office', '2', array['bergen', 'oslo'])) w (actor, place, names);
select ok(pg_temp.page('office')::text !~ 'hemmelig', 'no reason of a pause is in it');
-- The next night sends again what is said to be sent again, and nothing else.
create temporary table said as
  select (u ->> 'id')::uuid as id, (u ->> 'sent_again')::boolean as sent_again from jsonb_array_elements(pg_temp.page('office') -> 'undelivered') u;
select set_eq('select id from said where sent_again',
  $$ select unnest(private.requeueable(array(select id from pg_temp.people), pg_temp.today())) $$, 'sent again are those that the nightly run finds');

-- Discrepancies.

insert into public.status_discrepancies (mentor_id, kind, found_at)
select pg_temp.id(w.mentor), w.kind, now() - interval '1 day'
from (values ('kari', 'log_missing'), ('two', 'version_repeated'), ('left', 'status_differs'), ('per', 'stretches_overlap'), ('kari', 'version_missing')) w (mentor, kind);
update public.status_discrepancies set acknowledged_at = now() where kind = 'version_missing';
create temporary table discrepancies (actor text, has text[]);
insert into discrepancies values
  ('oslo administrator', array['status_differs acknowledge', 'version_repeated ask_operator', 'log_missing acknowledge']),
  ('bergen administrator', array['stretches_overlap ask_operator', 'version_repeated ask_operator']),
  ('tromsø administrator', '{}'),
  ('office', array['stretches_overlap ask_operator', 'status_differs acknowledge', 'version_repeated ask_operator', 'log_missing acknowledge']);
grant select on discrepancies to public;
select is(array(select concat_ws(' ', r ->> 'kind', r ->> 'fix') from jsonb_array_elements(pg_temp.page(d.actor) -> 'discrepancies') with ordinality l (r, place) order by place),
  d.has, 'discrepancies: ' || d.actor) from discrepancies d;
select is(jsonb_build_array(pg_temp.page(d.actor) #> '{counts,open_discrepancies}', pg_temp.page(d.actor) #> '{counts,open_discrepancies}'),
  jsonb_build_array(cardinality(d.has), pg_temp.answer(d.actor, 'public.coordinator_roster()') #> '{summary,open_discrepancies}'),
  'as many as the roster counts: ' || d.actor) from discrepancies d;
select is(pg_temp.page('oslo administrator') #> '{discrepancies,2}', jsonb_build_object('id', (select d.id from public.status_discrepancies d where d.kind = 'log_missing'),
  'mentor_id', pg_temp.id('kari'), 'mentor_name', 'Kari Nordmann', 'chapters', jsonb_build_array(jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')),
  'kind', 'log_missing', 'pause_record_id', null, 'fix', 'acknowledge', 'found_at', now() - interval '1 day'), 'one of them');

-- Stuck: pending for more than an hour, and why.

create function pg_temp.pending(name text, mentor text, minutes integer, claims integer default 0, due interval default '0', queued_minutes integer default null) returns void
language sql as $$
  insert into public.notifications (id, mentor_id, audience, kind, created_at, claims, due_at, queued_at)
  values (pg_temp.id(name), pg_temp.id(mentor), 'coordinator', 'mentor_paused', now() - minutes * interval '1 minute', claims,
    now() - minutes * interval '1 minute' + due, now() - queued_minutes * interval '1 minute');
  insert into pg_temp.people values (pg_temp.id(name), name);
$$;
select pg_temp.pending('left alone', 'kari', 90);
select pg_temp.pending('tried', 'two', 120);
select pg_temp.pending('claimed', 'per', 70, 5);
select pg_temp.pending('of who moved', 'moved', 65);
select pg_temp.pending('young', 'kari', 50, 5);
select pg_temp.pending('for later', 'kari', 300, 0, '10 hours');
select pg_temp.pending('due for long', 'kari', 300, 0, '2 hours');
select pg_temp.pending('queued again', 'kari', 300, 0, '280 minutes', 20);
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason, recipient_id, recipient_role, chosen_because, retry_at)
values
  (pg_temp.id('tried'), pg_temp.id('two'), 'mentor_paused', 'email', 'failed', '451 busy', pg_temp.id('coordinator'), 'coordinator', 'x', now() + interval '1 hour'),
  (pg_temp.id('tried'), pg_temp.id('two'), 'mentor_paused', 'inbox', 'delivered', 'x', pg_temp.id('coordinator'), 'coordinator', 'x', null),
  (pg_temp.id('queued again'), pg_temp.id('kari'), 'mentor_paused', 'inbox', 'no_recipient', 'nobody', null, null, null, null);
select is(pg_temp.listed(pg_temp.page('office'), 'stuck', 'cause', 'reason', 'fix'), array['due for long not_claimed check_dispatcher',
  'tried email_retried 451 busy wait', 'left alone not_claimed check_dispatcher', 'claimed not_recorded check_dispatcher', 'of who moved not_claimed check_dispatcher'], 'stuck, the oldest first');
select is(pg_temp.listed(pg_temp.page(w.actor), 'stuck'), w.has, 'stuck: ' || w.actor)
from (values ('oslo administrator', array['due for long', 'tried', 'left alone']), ('bergen administrator', array['tried', 'claimed', 'of who moved']),
  ('tromsø administrator', '{}')) w (actor, has);
select is(pg_temp.page(w.actor) #> '{counts,stuck_notifications}', to_jsonb(w.number), 'and counted: ' || w.actor)
from (values ('office', 5), ('oslo administrator', 3), ('bergen administrator', 3), ('tromsø administrator', 0)) w (actor, number);
select is(pg_temp.page('oslo administrator') #> '{stuck,2}', jsonb_build_object('id', pg_temp.id('left alone'), 'mentor_id', pg_temp.id('kari'),
  'mentor_name', 'Kari Nordmann', 'chapters', jsonb_build_array(jsonb_build_object('id', pg_temp.id('oslo'), 'name', 'oslo')), 'kind', 'mentor_paused',
  'audience', 'coordinator', 'cause', 'not_claimed', 'reason', null, 'fix', 'check_dispatcher', 'created_at', now() - interval '90 minutes', 'since', now() - interval '90 minutes'), 'one of them');

-- E-mail that fails, and addresses that were refused: of one's own people, whoever it was about.

create function pg_temp.email(person text, about text, outcome text, reason text, retry_at timestamptz default null) returns void
language sql as $$
  insert into public.notification_attempts (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, retry_at)
  values (gen_random_uuid(), pg_temp.id(about), 'mentor_paused', pg_temp.id(person), 'coordinator', 'email', outcome, reason, 'x', retry_at);
$$;
create function pg_temp.refused(person text, age interval, address text default null) returns void
language sql as $$
  insert into private.refused_addresses (person_id, address_hash, refused_at)
  select u.id, private.hash_address(coalesce(refused.address, u.email)), now() - age from auth.users u where u.id = pg_temp.id(person);
$$;
select pg_temp.add_coordinator(name, 'oslo') from unnest(array['banned', 'corrected', 'fine', 'from oslo', 'gone', 'later', 'no address', 'of old', 'refused', 'server', 'unconfirmed']) name;
insert into public.profiles (id, display_name) values (pg_temp.id('no login'), 'no login');
insert into pg_temp.people values (pg_temp.id('no login'), 'no login');
select pg_temp.join_chapter('no login', 'mentor', 'oslo');
update auth.users set banned_until = now() + interval '1 year' where id = pg_temp.id('banned');
update auth.users set email_confirmed_at = null where id = pg_temp.id('unconfirmed');
update auth.users set email = null where id = pg_temp.id('no address');
select pg_temp.email('banned', 'per', 'failed', 'the user is banned');
select pg_temp.email('unconfirmed', 'kari', 'failed', 'the address is not confirmed');
select pg_temp.email('no address', 'kari', 'failed', 'the user has no e-mail address');
select pg_temp.email('no login', 'no login', 'failed', 'the user has no e-mail address');
select pg_temp.email('server', 'kari', 'delivered', 'x');
select pg_temp.email('server', 'kari', 'failed', '554 too many; given up after 15 tries');
select pg_temp.email('refused', 'kari', 'failed', '550 unknown; the address was refused');
select pg_temp.refused('refused', '2 days');
select pg_temp.email('corrected', 'kari', 'failed', '550 unknown; the address was refused');
select pg_temp.refused('corrected', '3 days', 'wrong@pgtap.example');
select pg_temp.refused('of old', '31 days');
select pg_temp.refused('bergen coordinator', '1 day');
select pg_temp.refused('office', '4 days');
select pg_temp.email('bergen coordinator', 'kari', 'failed', '550 unknown; the address was refused');
select pg_temp.email('office', 'kari', 'failed', '550 unknown; the address was refused');
select pg_temp.email('fine', 'kari', 'failed', '554 too many');
select pg_temp.email('fine', 'kari', 'delivered', 'x');
select pg_temp.email('gone', 'kari', 'failed', 'no longer a recipient when it was to be tried again');
select pg_temp.email('later', 'kari', 'failed', '451 busy', now() + interval '1 hour');
select pg_temp.email('former administrator', 'kari', 'failed', 'the user is banned');

create temporary table failing (person text, fix text);
insert into failing values ('banned', 'lift_ban'), ('unconfirmed', 'confirm_address'), ('no address', 'give_address'), ('no login', 'invite'),
  ('server', 'check_mail_server'), ('refused', 'correct_or_allow_address'), ('corrected', 'wait'), ('former administrator', 'wait');
select is(pg_temp.listed(pg_temp.page('oslo administrator'), 'failed_emails', 'fix'),
  array(select f.person || ' ' || f.fix from failing f order by pg_temp.id(f.person)), 'whose e-mail fails, and what to do about it');
select is(pg_temp.listed(pg_temp.page('bergen administrator'), 'failed_emails', 'fix'), array['bergen coordinator correct_or_allow_address'], 'only one''s own people');
select is(pg_temp.listed(pg_temp.page('tromsø administrator'), 'failed_emails'), '{}', 'nobody of another chapter');
select set_eq($$ select unnest(pg_temp.listed(pg_temp.page('office'), 'failed_emails')) $$, $$ select person from failing union values ('bergen coordinator'), ('office') $$,
  'the office has them all, and its own');
select is(pg_temp.page(w.actor) #> '{counts,failed_emails}', to_jsonb(w.number), 'as many as are counted: ' || w.actor)
from (values ('office', 10), ('oslo administrator', 8), ('bergen administrator', 1), ('tromsø administrator', 0)) w (actor, number);
select is(
  (select r from jsonb_array_elements(pg_temp.page('oslo administrator') -> 'failed_emails') r where r ->> 'display_name' = 'server'),
  jsonb_build_object('person_id', pg_temp.id('server'), 'display_name', 'server', 'role', 'coordinator', 'reason', '554 too many; given up after 15 tries', 'fix', 'check_mail_server',
    'failed_at', (select max(a.attempted_at) from public.notification_attempts a where a.recipient_id = pg_temp.id('server'))), 'one of them, about nobody');
select is(pg_temp.listed(pg_temp.page(w.actor), 'refused_addresses'), w.has, 'refused: ' || w.actor)
from (values ('oslo administrator', array['refused']), ('bergen administrator', array['bergen coordinator']), ('tromsø administrator', '{}'),
  ('office', array['bergen coordinator', 'refused', 'office'])) w (actor, has);
select is(pg_temp.page('office') #> '{counts,refused_addresses}', '3', 'and counted');
select is(pg_temp.page('oslo administrator') #> '{refused_addresses,0}', jsonb_build_object('person_id', pg_temp.id('refused'), 'display_name', 'refused',
  'email', pg_temp.id('refused') || '@pgtap.example', 'refused_at', now() - interval '2 days', 'until', now() + interval '28 days', 'fix', 'correct_or_allow_address'), 'one of them, with the address');
select pg_temp.answer('oslo administrator', 'public.allow_address(pg_temp.id(''refused''))');
select is(pg_temp.page('oslo administrator') -> 'refused_addresses', '[]', 'taken off the list');
select is((select r ->> 'fix' from jsonb_array_elements(pg_temp.page('oslo administrator') -> 'failed_emails') r where r ->> 'display_name' = 'refused'), 'wait',
  'it waits for the next e-mail');

-- Page after page, all of it and nothing twice.

create function pg_temp.pages(actor text, size integer) returns jsonb
language plpgsql as $$
declare
  page jsonb;
  lists jsonb := '{"undelivered": [], "stuck": [], "failed_emails": [], "refused_addresses": [], "discrepancies": []}';
  cursor text;
  name text;
begin
  for n in 1 .. 30 loop
    page := pg_temp.page(actor, format('null, %s, %L', size, cursor));
    foreach name in array array(select jsonb_object_keys(lists)) loop
      lists := jsonb_set(lists, array[name], (lists -> name) || (page -> name));
      if jsonb_array_length(page -> name) > size then return jsonb_build_object('too many', name); end if;
    end loop;
    cursor := page ->> 'next_cursor';
    exit when cursor is null;
  end loop;
  return lists;
end
$$;
select is(pg_temp.pages(actor, size), pg_temp.page(actor) - 'as_of' - 'counts' - 'nights' - 'next_cursor', format('pages of %s: %s', size, actor))
from unnest(array[1, 2, 3, 7]) size, unnest(array['office', 'oslo administrator']) actor;
select is(pg_temp.page('office', 'null, 1') -> 'counts', pg_temp.page('office') -> 'counts', 'each page counts everything');
select pg_temp.refuses('oslo administrator', format('public.follow_up_page(null, 1, %L)', pg_temp.page('office', 'null, 1') ->> 'next_cursor'), 'invalid_request', 400, 'somebody else''s cursor', 'cursor');
select pg_temp.refuses('office', format('public.follow_up_page(pg_temp.id(''oslo''), 1, %L)', pg_temp.page('office', 'null, 1') ->> 'next_cursor'), 'invalid_request', 400, 'the cursor of other filters', 'cursor');
select pg_temp.refuses('office', format('public.follow_up_page(null, %s)', size), 'invalid_request', 400, 'a page of ' || size, 'limit') from unnest(array[0, 201]) size;

-- The nights.

create function pg_temp.night(day integer, outcome text default 'completed') returns void
language sql as $$
  insert into public.nightly_runs (as_of, is_full, outcome, started_at, finished_at, lease_until, holder, fencing_token)
  values (pg_temp.today() + day, false, outcome, now() + day * interval '1 day', case when outcome is not null then now() + day * interval '1 day' end, now(), gen_random_uuid(), 1)
$$;
select is(private.nights_as_json(now()), '{"runs": [], "missed": [], "is_behind": true, "last_completed": null}', 'there was no night yet');
select pg_temp.night(-6);
select pg_temp.night(-5, 'partial');
select pg_temp.night(-4);
select pg_temp.night(-3);
select pg_temp.night(-1);
create function pg_temp.nights(hour integer) returns jsonb
language sql as $$ select private.nights_as_json((pg_temp.today()::timestamp + hour * interval '1 hour') at time zone 'Europe/Oslo') - 'runs' $$;
create function pg_temp.day(days integer) returns date
language sql as $$ select pg_temp.today() + days $$;
-- One o'clock, because two comes twice, or not at all, when summer time ends or begins.
select is(pg_temp.nights(1), jsonb_build_object('last_completed', pg_temp.day(-1), 'is_behind', false, 'missed', jsonb_build_array(pg_temp.day(-2), pg_temp.day(-5))),
  'two were missed; tonight''s may still come');
select is(pg_temp.nights(4), jsonb_build_object('last_completed', pg_temp.day(-1), 'is_behind', true, 'missed', jsonb_build_array(pg_temp.day(0), pg_temp.day(-2), pg_temp.day(-5))),
  'until it is two hours late');
select pg_temp.night(0);
select is(pg_temp.nights(4) -> 'is_behind', 'false', 'it has come');
select pg_temp.night(0, null);
select is(array(select concat_ws(' ', (r ->> 'as_of')::date - pg_temp.today(), r ->> 'outcome', (r -> 'finished_at') = 'null')
    from jsonb_array_elements(pg_temp.page('tromsø administrator') #> '{nights,runs}') with ordinality l (r, place) order by place),
  array['0 t', '0 completed f', '-1 completed f', '-3 completed f', '-4 completed f', '-5 partial f', '-6 completed f'], 'the runs, the newest first, for every administrator');
select is(array(select jsonb_object_keys(pg_temp.page('office') #> '{nights,runs,0}') order by 1), array['as_of', 'begun', 'discrepancies', 'ended', 'expired', 'finished_at', 'id',
  'missed_nights', 'outcome', 'reminders', 'requeued', 'restored', 'started_at', 'starts'], 'with what they did');

-- What is about nobody in particular is the office's.
insert into public.notifications (id, mentor_id, audience, kind, created_at, due_at)
values (pg_temp.id('digest'), null, 'coordinator', 'several_paused', now() - interval '3 hours', now() - interval '2 hours');
insert into pg_temp.people values (pg_temp.id('digest'), 'digest');
select ok('digest' = any (pg_temp.listed(pg_temp.page('office'), 'stuck')) and pg_temp.page('office') #> '{stuck,2,mentor_name}' is not null, 'a digest that is stuck');
select ok('digest' <> all (pg_temp.listed(pg_temp.page('both'), 'stuck')), 'and no chapter''s');

-- Nobody else.

select pg_temp.refuses(actor, 'public.follow_up_page()', 'not_an_administrator', 403, 'not for ' || actor)
from unnest(array['coordinator', 'kari', 'former administrator', 'never', 'nobody at all']) actor;
select pg_temp.refuses('coordinator', 'public.follow_up_page(pg_temp.id(''oslo''))', 'not_an_administrator', 403, 'not of their chapter either');
select pg_temp.refuses(actor, format('public.follow_up_page(pg_temp.id(%L))', chapter), 'chapter_not_found', 404, format('%s: no %s', actor, chapter))
from (values ('oslo administrator', 'bergen'), ('oslo administrator', 'atlantis'), ('office', 'atlantis')) w (actor, chapter);
select throws_ok(format($$ select pg_temp.answer(%L, 'public.follow_up_page()') $$, actor), '42501', null, 'not for ' || actor) from unnest(array['anon', 'service_role']) actor;
select ok(not has_function_privilege('pause_scheduler', 'public.follow_up_page(uuid, integer, text)', 'execute'), 'nor the scheduler');

select * from finish();
rollback;
