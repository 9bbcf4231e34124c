-- Whoever is a mentor nowhere is the last chapter's: its administrators see, count and
-- acknowledge what nobody could be given, and discrepancies. Policies, view, count and
-- acknowledging go by one rule. What no chapter answers for is the organisation administrators'.
begin;
\ir _fixtures.psql

select plan(94);

select pg_temp.put_samples_aside();
select pg_temp.add_chapter(name) from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.add_person(name || ' administrator') from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.join_chapter(name || ' administrator', 'administrator', name) from unnest(array['oslo', 'bergen', 'tromsø']) name;
select pg_temp.add_coordinator('oslo coordinator', 'oslo');
select pg_temp.add_person('national office');
select pg_temp.appoint('national office');

-- A mentor's memberships, and whose administrators answer for them.
create temporary table mentors (name text primary key, answered_by text);
create function pg_temp.former(name text, memberships text, answered_by text) returns void
language plpgsql as $$
declare
  m text;
begin
  perform pg_temp.add_person(name);
  foreach m in array string_to_array(memberships, ', ') loop
    insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
    values (pg_temp.id(split_part(m, ' ', 1)), pg_temp.id(name), coalesce(nullif(split_part(m, ' ', 3), ''), 'mentor'),
      case when split_part(m, ' ', 2) = 'active' then now() - interval '1 month' else now() - interval '3 years' end,
      now() - nullif(split_part(m, ' ', 2), 'active')::interval);
  end loop;
  insert into pg_temp.mentors values (name, answered_by);
end
$$;
select pg_temp.former('active', 'oslo active', 'oslo');
select pg_temp.former('active in two', 'oslo active, bergen active', 'bergen, oslo');
select pg_temp.former('moved', 'oslo 1year, bergen active', 'bergen');
select pg_temp.former('left', 'oslo 1year', 'oslo');
select pg_temp.former('left one after the other', 'oslo 2years, bergen 1year', 'bergen');
select pg_temp.former('left two one day apart', 'oslo 365days, bergen 366days', 'oslo');
select pg_temp.former('came back', 'oslo 1year, oslo active', 'oslo');
select pg_temp.former('left, coordinates elsewhere', 'oslo 1year, bergen active coordinator', 'oslo');
select pg_temp.former('never a mentor', 'oslo active coordinator', '');

insert into public.notifications (id, mentor_id, audience, kind, state)
select pg_temp.id('n ' || m.name), pg_temp.id(m.name), 'coordinator', 'mentor_paused', 'undeliverable' from mentors m;
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
select pg_temp.id('n ' || m.name), pg_temp.id(m.name), 'mentor_paused', 'inbox', 'no_recipient', 'nobody' from mentors m;

create temporary table chapters_of_three as select unnest(array['bergen', 'oslo', 'tromsø']) as chapter;
create function pg_temp.who(expression text) returns table (mentor text, chapters text)
language plpgsql as $$
begin
  return query
    select m.name, coalesce(string_agg(c.chapter, ', ' order by c.chapter) filter (where (
      pg_temp.answer(c.chapter || ' administrator', format(expression, pg_temp.id('n ' || m.name), pg_temp.id(m.name))))::boolean), '')
    from pg_temp.mentors m cross join pg_temp.chapters_of_three c
    group by m.name;
end
$$;

select results_eq('select * from pg_temp.who(''(select count(*) > 0 from public.notifications where id = %L)'') order by 1',
  'select name, answered_by from mentors order by 1', 'the notifications are seen by those who answer for the mentor');
select results_eq('select * from pg_temp.who(''(select count(*) > 0 from public.notification_attempts where notification_id = %L)'') order by 1',
  'select name, answered_by from mentors order by 1', 'and the attempts');
select results_eq('select * from pg_temp.who(''(select count(*) > 0 from public.undelivered_notifications where id = %L and reason = ''''nobody'''')'') order by 1',
  'select name, answered_by from mentors order by 1', 'and so is the view, with the reason');

create function pg_temp.counted(actor text) returns integer
language sql as $$ select (pg_temp.answer(actor, 'public.coordinator_roster()') #>> '{summary,undelivered_notifications}')::integer $$;
select is(pg_temp.counted(c.chapter || ' administrator'),
  (select count(*)::integer from mentors m where c.chapter = any (string_to_array(m.answered_by, ', '))), 'the dashboard counts as many: ' || c.chapter)
from chapters_of_three c;
select is(pg_temp.counted('oslo coordinator'), pg_temp.counted('oslo administrator'), 'for the chapter, whoever looks');
select is((select count(*) from public.undelivered_notifications), 9::bigint, 'nothing of it is anybody else''s');

create function pg_temp.counted_discrepancies(actor text) returns integer
language sql as $$ select (pg_temp.answer(actor, 'public.coordinator_roster()') #>> '{summary,open_discrepancies}')::integer $$;
insert into public.status_discrepancies (mentor_id, kind) select pg_temp.id(m.name), 'log_missing' from mentors m;
create temporary table discrepancies as
  select m.name, d.id from mentors m join public.status_discrepancies d on d.mentor_id = pg_temp.id(m.name);
select results_eq('select * from pg_temp.who(''(select count(*) > 0 from public.status_discrepancies where mentor_id = %2$L)'') order by 1',
  'select name, answered_by from mentors order by 1', 'discrepancies are seen by the same');
select is(pg_temp.counted_discrepancies(c.chapter || ' administrator'),
  (select count(*)::integer from mentors m where c.chapter = any (string_to_array(m.answered_by, ', '))), 'and counted for them: ' || c.chapter)
from chapters_of_three c;

select is(pg_temp.counted('national office'), 9, 'the national office is counted all');
select is(pg_temp.counted_discrepancies('national office'), 9, 'discrepancies too');
select is((pg_temp.answer('national office', '(select count(*) from public.notifications)'))::integer, 9, 'and sees them');
select is((pg_temp.answer('national office', '(select count(*) from public.notification_attempts)'))::integer, 9, 'the attempts');
select is((pg_temp.answer('national office', '(select count(*) from public.status_discrepancies)'))::integer, 9, 'and the discrepancies');

create temporary table acknowledgements as
  select m.name, m.answered_by, r.what, r.call
  from mentors m
  join discrepancies d using (name)
  cross join lateral (values
    ('notification', format('public.acknowledge_undelivered(%L)', pg_temp.id('n ' || m.name))),
    ('discrepancy', format('public.acknowledge_discrepancy(%s)', d.id))) r (what, call);
select pg_temp.refuses('oslo coordinator', a.call, 'not_an_administrator', 403, 'no coordinator acknowledges a ' || a.what)
from acknowledgements a where a.name = 'active' order by a.what;
select pg_temp.refuses(c.chapter || ' administrator', a.call, 'not_found', 404, format('%s does not acknowledge the %s of %L', c.chapter, a.what, a.name))
from acknowledgements a cross join chapters_of_three c where c.chapter <> all (string_to_array(a.answered_by, ', ')) order by a.name, c.chapter, a.what;
select is((select count(*) from public.notifications where acknowledged_at is not null)
  + (select count(*) from public.status_discrepancies where acknowledged_at is not null), 0::bigint, 'nothing of that was acknowledged');
select lives_ok(format('select pg_temp.answer(%L, %L)',
  coalesce(nullif(split_part(a.answered_by, ', ', 1), '') || ' administrator', 'national office'), a.call),
  format('who answers acknowledges the %s: %s', a.what, a.name))
from acknowledgements a order by a.name, a.what;
select is(pg_temp.counted(actor) + pg_temp.counted_discrepancies(actor), 0, 'and then nothing is counted: ' || actor)
from unnest(array['bergen administrator', 'oslo administrator', 'tromsø administrator', 'national office']) actor;

-- An address is taken off the list of refused ones, by the same rule for whatever role.

insert into private.refused_addresses (person_id, address_hash, refused_at)
select pg_temp.id(name), private.hash_address('x@pgtap.example'), now() from unnest(array['active', 'left', 'oslo coordinator', 'moved']) name;
create function pg_temp.is_refused(name text) returns boolean
language sql as $$ select exists (select from private.refused_addresses f where f.person_id = pg_temp.id(name)) $$;

select is(pg_temp.answer('oslo administrator', format('public.allow_address(%L)', pg_temp.id('active'))),
  jsonb_build_object('allow_address', jsonb_build_object('person_id', pg_temp.id('active'))), 'an administrator of the person''s chapter allows it');
select ok(not pg_temp.is_refused('active'), 'and it is off the list');
select ok(pg_temp.answer('oslo administrator', format('public.allow_address(%L)', pg_temp.id('active'))) is not null, 'a second time too');
select ok(pg_temp.answer('oslo administrator', format('public.allow_address(%L)', pg_temp.id(name))) is not null and not pg_temp.is_refused(name),
  'so it is for ' || name) from unnest(array['oslo coordinator', 'left']) name;
select pg_temp.refuses('oslo coordinator', format('public.allow_address(%L)', pg_temp.id('active')), 'not_an_administrator', 403, 'not by a coordinator');
select pg_temp.refuses(r.actor, format('public.allow_address(%L)', pg_temp.id(r.person)), 'not_found', 404, r.what)
from (values
  ('oslo administrator', 'moved', 'not for somebody who has moved to another chapter'),
  ('tromsø administrator', 'moved', 'nor by another chapter'),
  ('oslo administrator', 'nobody', 'nor for nobody')
) r (actor, person, what);
select ok(pg_temp.is_refused('moved'), 'whose address stays on it');
select pg_temp.refuses('oslo administrator', 'public.allow_address()', 'invalid_request', 400, 'it has to be said for whom', 'person_id');
select throws_ok($$ select pg_temp.become('anon'); select public.allow_address(pg_temp.id('active')) $$, '42501', null, 'anon may not');
select pg_temp.sign_out();

-- Repeated by its key.
create function pg_temp.allow(person text, key text) returns jsonb
language sql as $$ select pg_temp.answer('bergen administrator', format('public.allow_address(%L, %L)', pg_temp.id(person), pg_temp.id(key))) $$;
select pg_temp.allow('moved', 'key');
insert into private.refused_addresses (person_id, address_hash, refused_at) values (pg_temp.id('moved'), private.hash_address('y@pgtap.example'), now());
select is(pg_temp.allow('moved', 'key'), jsonb_build_object('allow_address', jsonb_build_object('person_id', pg_temp.id('moved'))), 'a repeated request gets its answer');
select ok(pg_temp.is_refused('moved'), 'and does nothing again');
select is(current_setting('response.headers', true), '[{"idempotent-replayed": "true"}]', 'which the headers say');
select pg_temp.refuses('bergen administrator', format('public.allow_address(%L, %L)', pg_temp.id('active in two'), pg_temp.id('key')),
  'idempotency_key_reused', 422, 'the key is for this person only');

select * from finish();
rollback;
