-- The period report: numbers for coordinators, names and evidence for administrators, each
-- as known at a moment; and the numbers of a small history that can be counted by hand.
begin;
\ir _fixtures.psql

select plan(66);
select pg_temp.put_samples_aside();

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_chapter('tromsø');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.join_chapter('administrator', 'administrator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

create function pg_temp.member(mentor text, chapter text, from_day date, until_day date default null) returns void
language sql as $$
  insert into public.profiles (id, display_name) values (pg_temp.id(mentor), initcap(mentor)) on conflict do nothing;
  insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at, ended_at)
  values (pg_temp.id(mentor || chapter || from_day), pg_temp.id(chapter), pg_temp.id(mentor), 'mentor',
    from_day::timestamp at time zone 'Europe/Oslo', until_day::timestamp at time zone 'Europe/Oslo')
$$;
create function pg_temp.certificate(mentor text, from_day date, until_day date, kind text default 'kurs') returns void
language sql as $$
  insert into public.certifications (id, mentor_id, kind, issued_on, expires_on)
  values (pg_temp.id(mentor || kind || from_day), pg_temp.id(mentor), kind, from_day, until_day)
$$;
create function pg_temp.pause(mentor text, from_day date, until_day date) returns void
language sql as $$
  insert into public.pause_records (id, mentor_id, status, pause_reason, paused_at, reactivated_at)
  values (pg_temp.id(mentor || from_day), pg_temp.id(mentor), case when until_day is null then 'paused' else 'active' end, 'Sykdom',
    from_day::timestamp at time zone 'Europe/Oslo' + interval '12 hours', until_day::timestamp at time zone 'Europe/Oslo' + interval '9 hours')
$$;
create function pg_temp.report(actor text, arguments text) returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.period_report(' || arguments || ')') $$;
create function pg_temp.figures(numbers jsonb) returns text
language sql as $$ select string_agg(n || ' ' || (figures.numbers ->> n), ', ' order by o) from unnest(private.report_numbers()) with ordinality u (n, o) where figures.numbers ->> n <> '0' $$;
create function pg_temp.days(mentor jsonb) returns text
language sql as $$
  select string_agg((s ->> 'from') || '..' || (s ->> 'to') || ' ' || (s ->> 'status') || case when (s ->> 'certified')::boolean then '+' else '' end
    || ' ' || (select string_agg(c.name, '&' order by c.name) from jsonb_array_elements_text(s -> 'chapter_ids') i join public.chapters c on c.id = i::uuid), ', ' order by s ->> 'from')
  from jsonb_array_elements(mentor -> 'stretches') s
$$;
create function pg_temp.mentor(report jsonb, mentor text) returns jsonb
language sql as $$ select m from jsonb_array_elements(coalesce(report -> 'mentors', report -> 'sample')) m where m ->> 'mentor_id' = pg_temp.id(mentor)::text $$;

-- April 2024, thirty days. Anna all the time, certified until the 20th. Bente from the 11th,
-- paused from the 16th, back on the 21st. Carl moves to Bergen on the 16th, never certified.
-- Dina is in both, and leaves Oslo on the 1st. Else joins on the day after, Finn left before.
select pg_temp.member('anna', 'oslo', '2020-01-01');
select pg_temp.certificate('anna', '2022-01-01', '2024-04-20');
select pg_temp.member('bente', 'oslo', '2024-04-11');
select pg_temp.certificate('bente', '2024-01-01', '2025-04-20');
select pg_temp.pause('bente', '2024-04-16', '2024-04-21');
select pg_temp.member('carl', 'oslo', '2024-01-01', '2024-04-16');
select pg_temp.member('carl', 'bergen', '2024-04-16');
select pg_temp.member('dina', 'oslo', '2024-01-01', '2024-04-01');
select pg_temp.member('dina', 'bergen', '2024-01-01');
select pg_temp.certificate('dina', '2024-01-01', null);
select pg_temp.member('else', 'oslo', '2024-05-01');
select pg_temp.member('finn', 'oslo', '2024-01-01', '2024-03-31');
select pg_temp.member('gro', 'tromsø', '2024-01-01');

create temporary table reports as
  select 'april' as name, pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', null, null, 'mentors'$$) as report;
grant select on reports to public;
create function pg_temp.april() returns jsonb language sql as $$ select r.report from reports r where r.name = 'april' $$;

select is(pg_temp.figures(c), figures, 'of ' || name)
from (values
  ('oslo', 'registered_start 2, registered_end 2, registered_any 3, active_any 3, active_end 1, certified_any 2, certified_end 1, days_active 50, days_paused 5, days_expired_cert 10, joined 1, left 2, moved 1'),
  ('bergen', 'registered_start 1, registered_end 2, registered_any 2, active_any 2, active_end 2, active_every_day 1, certified_any 1, certified_end 1, certified_every_day 1, days_active 45, joined 1, moved 1')) e (name, figures)
join lateral (select c from jsonb_array_elements(pg_temp.april() -> 'chapters') c where c ->> 'chapter_id' = pg_temp.id(e.name)::text) f (c) on true;
select is(pg_temp.figures(pg_temp.april() -> 'total'),
  'registered_start 3, registered_end 4, registered_any 4, active_any 4, active_end 3, active_every_day 2, certified_any 3, certified_end 2, certified_every_day 1, days_active 95, days_paused 5, days_expired_cert 10, joined 1, moved 1',
  'in all, where whoever moves has neither joined nor left');
select is(array(select pg_temp.days(m) from jsonb_array_elements(pg_temp.april() -> 'mentors') m order by m ->> 'display_name'), array[
  '2024-04-01..2024-04-20 active+ oslo, 2024-04-21..2024-04-30 expired_cert oslo',
  '2024-04-11..2024-04-15 active+ oslo, 2024-04-16..2024-04-20 paused oslo, 2024-04-21..2024-04-30 active+ oslo',
  '2024-04-01..2024-04-15 active oslo, 2024-04-16..2024-04-30 active bergen',
  '2024-04-01..2024-04-30 active+ bergen'], 'the stretches of days');
select is(pg_temp.mentor(pg_temp.april(), 'bente') #> '{stretches,1,rests_on}', jsonb_build_object(
  'memberships', jsonb_build_array(pg_temp.id('benteoslo2024-04-11')), 'certifications', jsonb_build_array(pg_temp.id('bentekurs2024-01-01')),
  'pause_record_id', pg_temp.id('bente2024-04-16')), 'what a stretch rests on');
select is(pg_temp.mentor(pg_temp.april(), 'bente') #> '{stretches,0,rests_on,pause_record_id}', 'null', 'no pause under an active day');
select is(pg_temp.mentor(pg_temp.april(), 'anna') #> '{stretches,1,rests_on,certifications,0}', to_jsonb(pg_temp.id('annakurs2022-01-01')), 'an expired day rests on what has expired');
select is(array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.april() -> 'mentors') m), array['Anna', 'Bente', 'Carl', 'Dina'], 'by name');
select is_empty($$ select where pg_temp.april()::text ~* 'sykdom|reason' $$, 'no reason in it');
select is(array(select k from jsonb_object_keys(pg_temp.april()) k order by k), array['as_known_at', 'behind_writer', 'chapters', 'from', 'mentors', 'requested_known_at', 'rule_version', 'to', 'total'], 'its keys');
select is(pg_temp.april() - '{as_known_at,chapters,mentors,total}'::text[], '{"from": "2024-04-01", "to": "2024-04-30", "rule_version": "1", "behind_writer": false, "requested_known_at": null}', 'and their values');

-- By month, also for whoever may see no names.
create function pg_temp.months(report jsonb) returns text[]
language sql as $$
  select array(select concat_ws(' ', m ->> 'from', m ->> 'to', m ->> 'days_active', m ->> 'days_paused', m ->> 'days_expired_cert')
    from jsonb_array_elements(report -> 'months') m)
$$;
select is(pg_temp.months(pg_temp.report('coordinator', $$'2024-03-30', '2024-05-02', null, null, 'months'$$)), array[
  '2024-03-30 2024-03-31 7 0 0', '2024-04-01 2024-04-30 50 5 10', '2024-05-01 2024-05-02 4 0 2'], 'the days by month, the first and the last one cut');
select is(pg_temp.months(pg_temp.report('administrator', $$'2024-04-10', '2024-04-10', null, null, 'months'$$)), array['2024-04-10 2024-04-10 3 0 0'], 'of a single day');
select is(pg_temp.months(pg_temp.report('office', $$'2019-01-01', '2019-02-28', null, null, 'months'$$)), array['2019-01-01 2019-01-31 0 0 0', '2019-02-01 2019-02-28 0 0 0'],
  'of a time without anybody');
select is(array(select k from jsonb_object_keys(pg_temp.report('coordinator', $$'2024-04-01', '2024-04-30', null, null, 'months'$$)) k order by k),
  array['as_known_at', 'behind_writer', 'chapters', 'from', 'months', 'requested_known_at', 'rule_version', 'to', 'total'], 'and no names');
select unnest(array[is(jsonb_array_length(r -> 'months'), 60, 'five years have sixty months'),
  is((select jsonb_build_array(sum((m ->> 'days_active')::integer), sum((m ->> 'days_paused')::integer), sum((m ->> 'days_expired_cert')::integer)) from jsonb_array_elements(r -> 'months') m),
    jsonb_build_array(r #> '{total,days_active}', r #> '{total,days_paused}', r #> '{total,days_expired_cert}'), 'whose sums are the totals')])
from pg_temp.report('office', $$'2020-01-01', '2024-12-31', null, null, 'months'$$) r;
select is(pg_temp.months(pg_temp.report('office', $$'2024-02-01', '2024-04-30', null, null, 'months'$$)),
  array(select concat_ws(' ', f, t, n ->> 'days_active', n ->> 'days_paused', n ->> 'days_expired_cert')
    from (values ('2024-02-01', '2024-02-29'), ('2024-03-01', '2024-03-31'), ('2024-04-01', '2024-04-30')) v (f, t)
    cross join lateral (select pg_temp.report('office', format('%L, %L', f, t)) -> 'total') r (n)), 'each the report of its month');

-- The days of the year that are no others: the leap day, a day of 23 hours and one of 25.
select is(pg_temp.report('office', format('%L, %L', d, d)) #>> '{total,registered_start}', n, 'registered on ' || d)
from (values ('2023-12-31', '1'), ('2024-01-01', '5'), ('2024-02-29', '5'), ('2024-03-30', '5'), ('2024-03-31', '4'), ('2024-10-27', '6')) e (d, n);
select is(pg_temp.report('office', $$'2024-01-01', '2024-12-31'$$) #>> '{total,days_active}',
  (select sum((pg_temp.report('office', format('%L, %L', d::date, d::date)) #>> '{total,days_active}')::integer)::text from generate_series(timestamp '2024-01-01', '2024-12-31', '1 day') d),
  'a leap year is the sum of its days');
select is((pg_temp.report('office', $$'2020-01-01', '2024-12-31'$$) #>> '{total,registered_any}'), '7', 'five years');

-- Who may.
select is(jsonb_array_length(pg_temp.report('coordinator', $$'2024-04-01', '2024-04-30'$$) -> 'chapters'), 1, 'a coordinator''s own chapter');
select is(jsonb_array_length(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30'$$) -> 'chapters'), 2, 'an administrator''s');
select is(jsonb_array_length(pg_temp.report('office', $$'2024-04-01', '2024-04-30'$$) -> 'chapters') >= 3, true, 'the office''s: all of them');
select is(pg_temp.report('coordinator', $$'2024-04-01', '2024-04-30', pg_temp.id('oslo')$$) -> 'chapters' -> 0,
  pg_temp.report('office', $$'2024-04-01', '2024-04-30', pg_temp.id('oslo')$$) -> 'chapters' -> 0, 'one chapter, the same for whoever may see it');
select is(pg_temp.report('office', $$'2024-04-01', '2024-04-30', pg_temp.id('oslo')$$) #>> '{total,moved}', '0', 'of one chapter nobody has moved to another of the report');
select pg_temp.refuses(actor, 'public.period_report(' || arguments || ')', code, status, description, details)
from (values
  ('anna', $$'2024-04-01', '2024-04-30'$$, 'not_a_coordinator', 403, 'a mentor', null),
  ('coordinator', $$'2024-04-01', '2024-04-30', detail => 'mentors'$$, 'not_an_administrator', 403, 'names for a coordinator', null),
  ('coordinator', $$'2024-04-01', '2024-04-30', sample => 3$$, 'not_an_administrator', 403, 'a sample for a coordinator', null),
  ('coordinator', $$'2024-04-01', '2024-04-30', pg_temp.id('bergen')$$, 'chapter_not_found', 404, 'another chapter', null),
  ('administrator', $$'2024-04-01', '2024-04-30', pg_temp.id('tromsø'), detail => 'mentors'$$, 'chapter_not_found', 404, 'another administrator''s chapter', null),
  ('office', $$'2024-04-01', '2024-04-30', gen_random_uuid()$$, 'chapter_not_found', 404, 'no chapter', null),
  ('office', $$'2024-04-01', '2024-03-31'$$, 'invalid_request', 400, 'an end before the beginning', 'to_date'),
  ('office', $$'2024-04-01', pg_temp.today() + 1$$, 'invalid_request', 400, 'an end that has not come', 'to_date'),
  ('office', $$'2019-04-01', '2024-04-01'$$, 'invalid_request', 400, 'five years and a day', 'to_date'),
  ('office', $$null, '2024-04-01'$$, 'invalid_request', 400, 'no beginning', 'from_date'),
  ('office', $$'-infinity', '2024-04-01'$$, 'invalid_request', 400, 'no beginning at all', 'from_date'),
  ('office', $$'2024-04-01', '2024-04-30', detail => 'everything'$$, 'invalid_request', 400, 'another detail', 'detail'),
  ('office', $$'2024-04-01', '2024-04-30', sample => 201$$, 'invalid_request', 400, 'too many', 'sample'),
  ('office', $$'2024-04-01', '2024-04-30', as_known_at => now() + interval '1 hour'$$, 'invalid_request', 400, 'a moment in the future', 'as_known_at')
) r (actor, arguments, code, status, description, details);

-- As known before.
create temporary table moments as select private.known_moment(null) as before_the_correction;
grant select on moments to public;
select pg_temp.answer('administrator', $$public.register_certification(pg_temp.id('carl'), 'kurs', '2024-03-01', '2025-03-01')$$);
select is(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30'$$) #>> '{total,certified_any}', '4', 'a certificate that came late counts');
select is(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', null, (select before_the_correction from pg_temp.moments), 'mentors'$$) - '{as_known_at,requested_known_at}'::text[],
  pg_temp.april() - '{as_known_at,requested_known_at}'::text[], 'as known before, the report is what it was');
select is((pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', null, (select before_the_correction from pg_temp.moments)$$) ->> 'as_known_at')::timestamptz,
  before_the_correction, 'and says as of when') from moments;

-- The auditor's sample.
select is(jsonb_array_length(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', sample => 2, seed => 2027$$) -> 'sample'), 2, 'so many of them');
select is(array(select (m ->> 'mentor_id')::uuid from jsonb_array_elements(pg_temp.report('administrator', format($$'2024-04-01', '2024-04-30', detail => 'sample', seed => %s$$, seed)) -> 'sample') with ordinality u (m, o) order by o),
  array(select i from unnest(array[pg_temp.id('anna'), pg_temp.id('bente'), pg_temp.id('carl'), pg_temp.id('dina')]) i order by sha256(convert_to(seed || ' ' || i, 'UTF8'))),
  'in an order that anybody can compute, by the seed ' || seed)
from unnest(array[1, 2027, -5]) seed;
select is(array(select k || ' ' || jsonb_array_length(v) from jsonb_each(pg_temp.mentor(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', sample => 200$$), 'bente') -> 'evidence') e (k, v) order by k),
  array['certifications 1', 'log 1', 'memberships 1', 'pauses 1'], 'with the evidence');
select is((pg_temp.mentor(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', sample => 200$$), 'carl') #> '{evidence,certifications,0}') - '{id,recorded_at}'::text[],
  jsonb_build_object('kind', 'kurs', 'issued_on', '2024-03-01', 'expires_on', '2025-03-01', 'recorded_by', pg_temp.id('administrator'), 'recorded_by_name', 'administrator', 'command', 'register_certification'),
  'who recorded it, and how');

-- One mentor's days, and what they rest on.
create function pg_temp.shown(actor text, arguments text) returns jsonb
language sql as $$ select pg_temp.answer(actor, 'public.report_evidence(' || arguments || ')') $$;
select unnest(array[is(r -> 'mentor', pg_temp.mentor(pg_temp.report('administrator', $$'2024-04-01', '2024-04-30', sample => 200$$), 'bente'), 'what a sample would say of the same mentor'),
  is(r -> 'chapters', jsonb_build_array(jsonb_build_object('chapter_id', pg_temp.id('oslo'), 'name', 'oslo')), 'with the names of the chapters'),
  is(array(select k from jsonb_object_keys(r) k order by k),
    array['as_known_at', 'behind_writer', 'chapters', 'from', 'mentor', 'requested_known_at', 'rule_version', 'to'], 'its keys')])
from pg_temp.shown('administrator', $$pg_temp.id('bente'), '2024-04-01', '2024-04-30'$$) r;
select is(pg_temp.days(pg_temp.shown('office', $$pg_temp.id('dina'), '2024-03-01', '2024-04-30', pg_temp.id('oslo')$$) -> 'mentor'),
  '2024-03-01..2024-03-31 active+ oslo', 'in one chapter only its days');
select is((pg_temp.shown('administrator', format($$pg_temp.id('carl'), '2024-04-01', '2024-04-30', null, %L$$, (select before_the_correction from moments))) #> '{mentor,evidence,certifications}'), '[]',
  'as known before a certificate came');
select is(array(select e ->> 'recorded_by_name' from jsonb_array_elements(pg_temp.shown('administrator', $$pg_temp.id('carl'), '2024-04-01', '2024-04-30'$$) #> '{mentor,evidence,certifications}') e),
  array['administrator'], 'and who entered it');
select is_empty($$ select where pg_temp.shown('administrator', $a$pg_temp.id('bente'), '2024-04-01', '2024-04-30'$a$)::text ~* 'sykdom|reason' $$, 'without a reason');
select pg_temp.refuses(actor, 'public.report_evidence(' || arguments || ')', code, status, description, details)
from (values
  ('coordinator', $$pg_temp.id('bente'), '2024-04-01', '2024-04-30'$$, 'not_an_administrator', 403, 'evidence for a coordinator', null),
  ('administrator', $$pg_temp.id('gro'), '2024-04-01', '2024-04-30'$$, 'mentor_not_found', 404, 'of another administrator''s mentor', null),
  ('administrator', $$pg_temp.id('else'), '2024-04-01', '2024-04-30'$$, 'mentor_not_found', 404, 'of whoever was no mentor then', null),
  ('administrator', $$pg_temp.id('bente'), '2024-04-01', '2024-04-30', pg_temp.id('tromsø')$$, 'chapter_not_found', 404, 'in another chapter', null),
  ('administrator', $$pg_temp.id('bente'), '2024-04-01', pg_temp.today() + 1$$, 'invalid_request', 400, 'until tomorrow', 'to_date')
) r (actor, arguments, code, status, description, details);

select * from finish();
rollback;
