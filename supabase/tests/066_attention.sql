-- The roster's filters by what needs attention and by who is responsible, the counts that
-- go with them, and what a mentor asks for: in every combination, on every page, and on
-- days to come.
begin;
\ir _fixtures.psql

select plan(63);

select pg_temp.add_chapter(name) from unnest(array['oslo', 'asker', 'bergen']) name;
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.join_chapter('coordinator', 'coordinator', 'asker');
select pg_temp.add_coordinator('colleague', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

create function pg_temp.names(actor text, arguments text default '') returns text
language sql as $$
  select coalesce(string_agg(m ->> 'display_name', ', ' order by place), '')
  from jsonb_array_elements(pg_temp.answer(actor, 'public.coordinator_roster(' || arguments || ')') -> 'mentors') with ordinality e (m, place)
$$;
create function pg_temp.count(actor text, number text, arguments text default '') returns integer
language sql as $$ select (pg_temp.answer(actor, 'public.coordinator_roster(' || arguments || ')') #>> array['summary', number])::integer $$;
create function pg_temp.paused(mentor text, return_day integer) returns void
language sql as $$
  insert into public.pause_records (mentor_id, status, paused_at, expected_return_date)
  values (pg_temp.id(mentor), 'paused', now() - interval '40 days', pg_temp.today() + return_day)
$$;
create function pg_temp.asks(mentor text, kind text, days_ago integer default 0) returns void
language sql as $$
  insert into public.leave_requests (mentor_id, kind, created_at) values (pg_temp.id(mentor), kind, now() - days_ago * interval '1 day')
$$;

-- Each on one side of an edge. The name says what it is.
create temporary table edges (name text, return_day integer, is_away boolean, until_day integer, asks text);
insert into edges values
  ('a quiet', null, false, 90, null),
  ('b overdue', -1, true, 90, null),
  ('c back today', 0, true, 90, null),
  ('d back in 7', 7, true, 90, null),
  ('e back in 8', 8, true, 90, null),
  ('f open-ended', null, true, 90, null),
  ('g expired', null, false, -1, null),
  ('h expiring today', null, false, 0, null),
  ('i expiring in 30', null, false, 30, null),
  ('j not in 31', null, false, 31, null),
  ('k overdue and expired', -1, true, -1, null),
  ('l open-ended and expiring', null, true, 5, null),
  ('m asks', null, false, 90, 'pause'),
  ('n overdue and asks', -9, true, 90, 'return'),
  ('o expired and asks', null, true, -1, 'change_return');
select pg_temp.add_mentor(e.name, case when e.name < 'h' then 'oslo' else 'asker' end) from edges e;
select pg_temp.certify(e.name, e.until_day) from edges e;
select pg_temp.paused(e.name, e.return_day) from edges e where e.is_away;
select pg_temp.asks(e.name, e.asks) from edges e where e.asks is not null;
select pg_temp.add_mentor('p of bergen', 'bergen');
select pg_temp.paused('p of bergen', -1);
select pg_temp.asks('p of bergen', 'return');

select is(pg_temp.names('coordinator', format('attention => %L', kinds)), expected, kinds || ' finds these')
from (values
  ('{overdue}', 'b overdue, n overdue and asks'),
  ('{returning}', 'c back today, d back in 7'),
  ('{open_ended}', 'f open-ended, l open-ended and expiring'),
  ('{expiring}', 'h expiring today, i expiring in 30, l open-ended and expiring'),
  ('{expired}', 'g expired, k overdue and expired, o expired and asks'),
  ('{requests}', 'm asks, n overdue and asks, o expired and asks'),
  ('{overdue,returning}', 'b overdue, c back today, d back in 7, n overdue and asks'),
  ('{open_ended,expiring}', 'f open-ended, h expiring today, i expiring in 30, l open-ended and expiring'),
  ('{expiring,expired}', 'g expired, h expiring today, i expiring in 30, k overdue and expired, l open-ended and expiring, o expired and asks'),
  ('{requests,overdue,requests}', 'b overdue, m asks, n overdue and asks, o expired and asks'),
  ('{overdue,open_ended,returning,expiring,expired,requests}',
   'b overdue, c back today, d back in 7, f open-ended, g expired, h expiring today, i expiring in 30, k overdue and expired, l open-ended and expiring, m asks, n overdue and asks, o expired and asks')
) v (kinds, expected);
select is(pg_temp.names('coordinator', format('attention => %s', nothing)), (select string_agg(e.name, ', ' order by e.name) from edges e), nothing || ' filters nothing')
from unnest(array['null', '''{}''']) nothing;
select is(
  array[pg_temp.count('coordinator', 'return_overdue'), pg_temp.count('coordinator', 'returning'), pg_temp.count('coordinator', 'open_ended'),
    pg_temp.count('coordinator', 'expiring_soon'), pg_temp.count('coordinator', 'expired_cert'), pg_temp.count('coordinator', 'open_requests')],
  array[2, 2, 2, 3, 3, 3], 'the summary counts as many as each filter finds');
select is(pg_temp.count('coordinator', 'open_requests', $$attention => '{overdue}', mine => true$$), 3, 'whatever is filtered');
select is(
  array[pg_temp.count('bergen coordinator', 'open_requests'), pg_temp.count('office', 'open_requests'),
    pg_temp.count('coordinator', 'open_requests', $$chapter_id => pg_temp.id('oslo')$$)],
  array[1, 4, 0], 'in the chosen chapters');
select is(pg_temp.names('office', $$attention => '{requests}'$$), 'm asks, n overdue and asks, o expired and asks, p of bergen', 'the national office finds them in all chapters');
select is(pg_temp.names('coordinator', $$attention => '{overdue}', chapter_id => pg_temp.id('oslo')$$), 'b overdue', 'one chapter is one chapter');

-- With other filters, by and.
select is(pg_temp.names('coordinator', filter), expected, filter)
from (values
  ($$attention => '{requests}', status => '{active}'$$, 'm asks'),
  ($$attention => '{requests,expiring}', status => '{active,paused}'$$, 'h expiring today, i expiring in 30, l open-ended and expiring, m asks, n overdue and asks'),
  ($$attention => '{expiring}', status => '{paused}'$$, 'l open-ended and expiring'),
  ($$attention => '{overdue}', status => '{active}'$$, ''),
  ($$attention => '{expired}', status => '{paused}'$$, ''),
  ($$attention => '{overdue,requests}', status => '{expired_cert}'$$, 'o expired and asks'),
  ($$attention => '{overdue,expired}', search => 'and'$$, 'k overdue and expired, n overdue and asks, o expired and asks'),
  ($$attention => '{overdue}', search => 'nobody'$$, '')
) v (filter, expected);

-- Who is responsible.
select pg_temp.assign(name, 'coordinator') from unnest(array['a quiet', 'b overdue', 'm asks', 'p of bergen']) name;
select pg_temp.assign(name, 'colleague') from unnest(array['b overdue', 'c back today']) name;
select pg_temp.assign('g expired', 'administrator');
select is(pg_temp.names('coordinator', 'mine => true'), 'a quiet, b overdue, m asks', 'mine are those assigned to me in my chapters');
select is(pg_temp.names('coordinator', 'mine => false'), pg_temp.names('coordinator'), 'false filters nothing');
select is(pg_temp.names('coordinator', filter), expected, filter)
from (values
  ($$mine => true, attention => '{overdue,requests}'$$, 'b overdue, m asks'),
  ($$mine => true, status => '{active}'$$, 'a quiet, m asks'),
  ($$mine => true, search => 'quiet'$$, 'a quiet'),
  ($$mine => true, status => '{expired_cert}'$$, ''),
  ($$mine => true, chapter_id => pg_temp.id('asker')$$, 'm asks')
) v (filter, expected);
select is(
  array[pg_temp.count('coordinator', 'mine'), pg_temp.count('coordinator', 'mine', $$chapter_id => pg_temp.id('asker')$$),
    pg_temp.count('colleague', 'mine'), pg_temp.count('administrator', 'mine'), pg_temp.count('office', 'mine')],
  array[3, 1, 2, 0, 0], 'and counted, each mentor once');
select is(pg_temp.names('administrator', 'mine => true'), '', 'whoever only administers a chapter is responsible for nobody');
update public.coordinator_assignments set ended_at = now() where mentor_id = pg_temp.id('a quiet');
select is(pg_temp.names('coordinator', 'mine => true'), 'b overdue, m asks', 'until the assignment ends');
select is(pg_temp.count('coordinator', 'mine'), 2, 'and is counted no more');
update public.chapter_memberships set ended_at = now() where user_id = pg_temp.id('colleague');
select pg_temp.join_chapter('colleague', 'administrator', 'oslo');
select is(array[pg_temp.names('colleague', 'mine => true'), pg_temp.count('colleague', 'mine')::text], array['', '0'],
  'nor is anybody who coordinates no chapter of theirs any more');

-- What is asked for.
create function pg_temp.row_of(mentor text) returns jsonb
language sql as $$
  select m from jsonb_array_elements(pg_temp.answer('coordinator', 'public.coordinator_roster()') -> 'mentors') m where m ->> 'mentor_id' = pg_temp.id(mentor)::text
$$;
select is(
  pg_temp.row_of('m asks') -> 'open_request',
  (select jsonb_build_object('id', l.id, 'kind', 'pause') from public.leave_requests l where l.mentor_id = pg_temp.id('m asks')), 'the row says what is asked for');
select is(pg_temp.row_of('a quiet') -> 'open_request', 'null', 'or nothing');
select pg_temp.asks('m asks', 'return', 3);
select is(pg_temp.row_of('m asks') #>> '{open_request,kind}', 'return', 'the oldest, of several');
select is(pg_temp.count('coordinator', 'open_requests'), 4, 'which are counted one by one');
select is(pg_temp.names('coordinator', $$attention => '{requests}'$$), 'm asks, n overdue and asks, o expired and asks', 'and listed once');
update public.leave_requests set state = 'declined', answered_at = now() where mentor_id = pg_temp.id('m asks');
select is(pg_temp.row_of('m asks') -> 'open_request', 'null', 'an answer ends it');
select is(pg_temp.count('coordinator', 'open_requests'), 2, 'for the counts too');
select is(pg_temp.names('coordinator', $$attention => '{requests}'$$), 'n overdue and asks, o expired and asks', 'and the filter');
select is_empty($$select * from private.find_roster_differences(array(select p.id from pg_temp.people p))$$, 'all of that is kept as the tables have it');

-- A pause that is begun, changed and ended moves its mentor from list to list.
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('a quiet'), 'Ferie', pg_temp.today() + 8)$$);
select is(pg_temp.names('coordinator', $$attention => '{returning,open_ended}', search => 'quiet'$$), '', 'eight days are not a week');
select pg_temp.answer('coordinator', $$public.amend_pause(pg_temp.id('a quiet'), jsonb_build_object('expected_return_date', pg_temp.today() + 7))$$);
select is(pg_temp.names('coordinator', $$attention => '{returning}', search => 'quiet'$$), 'a quiet', 'seven are');
select pg_temp.answer('coordinator', $$public.amend_pause(pg_temp.id('a quiet'), '{"expected_return_date": null}')$$);
select is(pg_temp.names('coordinator', $$attention => '{open_ended}', search => 'quiet'$$), 'a quiet', 'without a date it is open-ended');
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('a quiet'))$$);
select is(pg_temp.names('coordinator', $$attention => '{returning,open_ended,overdue}', search => 'quiet'$$), '', 'who is back is on no list');

-- Days pass without a night: the date alone decides.
select pg_temp.answer('coordinator', $$public.plan_pause(pg_temp.id('j not in 31'), 'Ferie', pg_temp.today() + 3, pg_temp.today() + 12)$$);
create function pg_temp.on_day(day integer, kinds text[]) returns text
language sql as $$
  select coalesce(string_agg(e.display_name, ', ' order by e.nth), '')
  from unnest(private.roster_filters(null, null, null, kinds, pg_temp.today() + day)) f
  cross join lateral private.filtered_entries(array[pg_temp.id('oslo'), pg_temp.id('asker')], f, pg_temp.today() + day, '',
    '00000000-0000-0000-0000-000000000000', 51,
    private.roster_summary(array[pg_temp.id('oslo'), pg_temp.id('asker')], pg_temp.today() + day)) with ordinality e (chapter_id, display_name, mentor_id, nth)
$$;
select is(array[pg_temp.on_day(1, '{overdue}'), pg_temp.on_day(8, '{overdue}'), pg_temp.on_day(13, '{overdue}')],
  array['b overdue, c back today, n overdue and asks', 'b overdue, c back today, d back in 7, n overdue and asks',
    'b overdue, c back today, d back in 7, e back in 8, j not in 31, n overdue and asks'], 'who is overdue on a day to come');
select is(array[pg_temp.on_day(1, '{returning}'), pg_temp.on_day(5, '{returning}')],
  array['d back in 7, e back in 8', 'd back in 7, e back in 8, j not in 31'], 'who returns then');
select is(array[pg_temp.on_day(1, '{expired}'), pg_temp.on_day(1, '{expiring}')],
  array['g expired, h expiring today, k overdue and expired, o expired and asks', 'i expiring in 30, j not in 31, l open-ended and expiring'], 'whose certification has ended, or ends');

-- More are responsible than a place has room for.
select pg_temp.add_coordinator('one of many ' || n, 'oslo') from generate_series(1, 25) n;
select pg_temp.assign('e back in 8', 'one of many ' || n) from generate_series(1, 25) n;
select is(array(select distinct pg_temp.names('one of many ' || n, 'mine => true') from generate_series(1, 25) n), array['e back in 8'], 'each of many finds whom they share');
select is(array(select distinct pg_temp.count('one of many ' || n, 'mine') from generate_series(1, 25) n), array[1], 'and counts');
select is_empty($$select * from private.find_roster_differences(array(select p.id from pg_temp.people p))$$, 'which is kept right');

-- Cursors belong to the filters; what is asked must be known.
select pg_temp.refuses('coordinator', format('public.coordinator_roster(%s page_cursor => %L)', filter,
  pg_temp.answer('coordinator', $$public.coordinator_roster(attention => '{expired,overdue}', page_limit => 2)$$) ->> 'next_cursor'), 'invalid_request', 400,
  'a cursor is refused with ' || filter, 'cursor')
from unnest(array['', $$attention => '{expired}',$$, $$attention => '{expired,overdue}', mine => true,$$]) filter;
select is(
  pg_temp.names('coordinator', format($$attention => '{overdue,expired,overdue}', mine => false, page_cursor => %L$$,
    pg_temp.answer('coordinator', $$public.coordinator_roster(attention => '{expired,overdue}', page_limit => 2)$$) ->> 'next_cursor')),
  'k overdue and expired, n overdue and asks, o expired and asks', 'the same filters in another order go on');
select pg_temp.refuses('coordinator', format('public.coordinator_roster(attention => %s)', given), 'invalid_request', 400, given || ' is refused', 'attention')
from unnest(array[$$array['late']$$, $$array['overdue', null]$$]) given;

select * from finish();
rollback;
