-- Issued reports: stored for ever with their checksum, and compared with what is known now.
begin;
\ir _fixtures.psql

select plan(63);
select pg_temp.put_samples_aside();

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('bergen administrator');
select pg_temp.join_chapter('bergen administrator', 'administrator', 'bergen');
select pg_temp.add_person('office');
select pg_temp.appoint('office');

create function pg_temp.member(mentor text, chapter text) returns void
language sql as $$
  insert into public.profiles (id, display_name) values (pg_temp.id(mentor), initcap(mentor)) on conflict do nothing;
  insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at)
  values (pg_temp.id(mentor || chapter), pg_temp.id(chapter), pg_temp.id(mentor), 'mentor', '2020-01-01 00:00+01');
  insert into public.certifications (id, mentor_id, kind, issued_on, expires_on)
  values (pg_temp.id(mentor || 'kurs'), pg_temp.id(mentor), 'kurs', '2023-01-01', '2025-03-01')
$$;
select pg_temp.member(m, c) from (values ('anna', 'oslo'), ('bente', 'oslo'), ('carl', 'bergen'), ('dina', 'oslo'), ('finn', 'oslo')) v (m, c);

create temporary table issued (name text primary key, answer jsonb);
grant select on issued to public;
create function pg_temp.report_id(name text) returns uuid
language sql as $$ select (i.answer #>> '{period_report,id}')::uuid from issued i where i.name = report_id.name $$;
create function pg_temp.content(actor text, name text, part text) returns text
language sql as $$ select pg_temp.answer(actor, format('public.issued_period_report(%L, %L)', pg_temp.report_id(name), part)) ->> 'content' $$;
create function pg_temp.compared(actor text, name text) returns jsonb
language sql as $$ select pg_temp.answer(actor, format('public.compare_period_report(%L)', pg_temp.report_id(name))) $$;
create function pg_temp.facts(comparison jsonb, mentor text) returns text[]
language sql as $$
  select array(select concat_ws(' ', f ->> 'table', coalesce(pg_temp.name_of((f ->> 'recorded_by')::uuid), 'nobody'), coalesce(f ->> 'command', 'by hand'),
      case when jsonb_typeof(f -> 'before') = 'null' then 'new' when jsonb_typeof(f -> 'after') = 'null' then 'gone' else 'changed' end)
    from jsonb_array_elements(comparison -> 'mentors') m cross join jsonb_array_elements(m -> 'facts') f
    where m ->> 'mentor_id' = pg_temp.id(mentor)::text)
$$;

insert into issued select 'oslo', pg_temp.answer('administrator', $$public.issue_period_report('2024-01-01', '2025-06-30', null, 'a2000000-0000-4000-8000-000000000001')$$);
insert into issued select 'all', pg_temp.answer('office', $$public.issue_period_report('2024-01-01', '2025-06-30')$$);
create temporary table before as select r.id, to_jsonb(r) as report, (select jsonb_object_agg(p.chapter_id, p.content) from private.period_report_parts p where p.report_id = r.id) as parts from public.period_reports r;

select is(array(select k from jsonb_object_keys((select answer -> 'period_report' from issued where name = 'oslo')) k order by k),
  array['as_known_at', 'id', 'issued_at', 'issued_by', 'rule_version', 'sha256'], 'what issuing answers');
select is(pg_temp.answer('administrator', $$public.issue_period_report('2024-01-01', '2025-06-30', null, 'a2000000-0000-4000-8000-000000000001')$$), answer, 'the same request again, the same report')
from issued where name = 'oslo';
select is((select count(*) from public.period_reports where issued_by = pg_temp.id('administrator')), 1::bigint, 'of which there is one');
select pg_temp.refuses('administrator', $$public.issue_period_report('2024-01-02', '2025-06-30', null, 'a2000000-0000-4000-8000-000000000001')$$, 'idempotency_key_reused', 422, 'the same key, another period');

-- The canonical form, as anybody can check it.
select is(encode(sha256(convert_to(pg_temp.content('administrator', 'oslo', 'manifest'), 'UTF8')), 'hex'), answer #>> '{period_report,sha256}', 'the checksum is of the manifest') from issued where name = 'oslo';
select is(pg_temp.content('administrator', 'oslo', 'manifest')::jsonb #>> '{chapters,0,sha256}',
  encode(sha256(convert_to(pg_temp.content('administrator', 'oslo', pg_temp.id('oslo')::text), 'UTF8')), 'hex'), 'which has that of each part');
select is(pg_temp.content('administrator', 'oslo', pg_temp.id('oslo')::text), format('{"active_any":4,"active_end":0,"active_every_day":0,"certified_any":4,"certified_end":0,"certified_every_day":0,"chapter_id":"%s","days_active":1704,"days_expired_cert":484,"days_paused":0,"from":"2024-01-01","joined":0,"left":0,"mentors":[%s],"moved":0,"registered_any":4,"registered_end":4,"registered_start":4,"to":"2025-06-30"}',
  pg_temp.id('oslo'), (select string_agg(format('{"mentor_id":"%s","stretches":[{"certified":true,"from":"2024-01-01","status":"active","to":"2025-03-01"},{"certified":false,"from":"2025-03-02","status":"expired_cert","to":"2025-06-30"}]}', i), ',' order by i)
    from unnest(array[pg_temp.id('anna'), pg_temp.id('bente'), pg_temp.id('dina'), pg_temp.id('finn')]) i)), 'a part, byte for byte');
select is(pg_temp.content('administrator', 'oslo', 'manifest'), format('{"as_known_at":"%s","chapters":[{"active_any":4,"active_end":0,"active_every_day":0,"certified_any":4,"certified_end":0,"certified_every_day":0,"chapter_id":"%s","days_active":1704,"days_expired_cert":484,"days_paused":0,"joined":0,"left":0,"moved":0,"registered_any":4,"registered_end":4,"registered_start":4,"sha256":"%s"}],"from":"2024-01-01","rule_version":"1","to":"2025-06-30","total":{"active_any":4,"active_end":0,"active_every_day":0,"certified_any":4,"certified_end":0,"certified_every_day":0,"days_active":1704,"days_expired_cert":484,"days_paused":0,"joined":0,"left":0,"moved":0,"registered_any":4,"registered_end":4,"registered_start":4}}',
  to_char((i.answer #>> '{period_report,as_known_at}')::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), pg_temp.id('oslo'),
  encode(sha256(convert_to(pg_temp.content('administrator', 'oslo', pg_temp.id('oslo')::text), 'UTF8')), 'hex')), 'the manifest, byte for byte') from issued i where name = 'oslo';
select is_empty($$ select from public.period_reports r, unnest(array['Anna', 'Bente', 'Dina', 'Finn', 'Oslo', 'oslo']) n where r.manifest ~ n
  union all select from private.period_report_parts p, unnest(array['Anna', 'Bente', 'Dina', 'Finn', 'oslo']) n where p.content ~ n $$, 'no name in it');
select is(array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('administrator', format('public.issued_period_report(%L)', pg_temp.report_id('oslo'))) -> 'mentors') m),
  array['Anna', 'Bente', 'Dina', 'Finn'], 'names are joined when it is read');
select isnt((select r.rules from public.period_reports r limit 1), null, 'with the rules in words');

-- Who may.
select pg_temp.refuses('coordinator', $$public.issue_period_report('2024-01-01', '2025-06-30')$$, 'not_an_administrator', 403, 'a coordinator issues none');
select pg_temp.refuses('administrator', $$public.issue_period_report('2024-01-01', '2025-06-30', pg_temp.id('bergen'))$$, 'chapter_not_found', 404, 'nor an administrator another chapter''s');
select pg_temp.refuses('administrator', $$public.issue_period_report('2024-01-01', pg_temp.today() + 1)$$, 'invalid_request', 400, 'nor anybody one that is not over', 'to_date');
select pg_temp.refuses(actor, format(call, pg_temp.report_id(name)), code, status, actor || ' ' || name || ' ' || call)
from (values ('coordinator', 'oslo', 'not_an_administrator', 403), ('bergen administrator', 'oslo', 'not_found', 404), ('administrator', 'all', 'not_found', 404)) a (actor, name, code, status)
cross join unnest(array['public.issued_period_report(%L)', 'public.issued_period_report(%L, ''manifest'')', 'public.compare_period_report(%L)']) call;
select pg_temp.refuses('administrator', format('public.issued_period_report(%L, %L)', pg_temp.report_id('oslo'), pg_temp.id('bergen')), 'not_found', 404, 'no such part');
select is(jsonb_array_length(pg_temp.answer('office', format('public.issued_period_report(%L, detail => ''summary'')', pg_temp.report_id('oslo'))) -> 'chapters'), 1, 'the office reads it');
select is(pg_temp.answer('administrator', '(select jsonb_agg(r.id) from public.period_reports r)'), jsonb_build_array(pg_temp.report_id('oslo')), 'the table shows an administrator what they administer');

-- The list of them.
create function pg_temp.listed(page jsonb) returns uuid[]
language sql as $$ select array(select (r ->> 'id')::uuid from jsonb_array_elements(page -> 'period_reports') r) $$;
select is(pg_temp.listed(pg_temp.answer('administrator', 'public.issued_reports_page()')), array[pg_temp.report_id('oslo')], 'an administrator''s list');
select is(pg_temp.listed(pg_temp.answer('office', 'public.issued_reports_page()')), array[pg_temp.report_id('all'), pg_temp.report_id('oslo')], 'the office''s, newest first');
select is(pg_temp.listed(pg_temp.answer('bergen administrator', 'public.issued_reports_page()')), '{}'::uuid[], 'another administrator''s is empty');
select is(pg_temp.answer('administrator', 'public.issued_reports_page()'), jsonb_build_object('next_cursor', null, 'chapters', jsonb_build_array(jsonb_build_object('chapter_id', pg_temp.id('oslo'), 'name', 'oslo')), 'period_reports', jsonb_build_array(
  (answer -> 'period_report') || jsonb_build_object('from', '2024-01-01', 'to', '2025-06-30', 'issued_by_name', 'administrator',
    'chapters', jsonb_build_array(jsonb_build_object('chapter_id', pg_temp.id('oslo'), 'name', 'oslo'))))), 'what it says of each') from issued where name = 'oslo';
create temporary table first_page as select pg_temp.answer('office', 'public.issued_reports_page(1)') as page;
grant select on first_page to public;
select is(pg_temp.listed(page), array[pg_temp.report_id('all')], 'in pages') from first_page;
select unnest(array[is(pg_temp.listed(r), array[pg_temp.report_id('oslo')], 'one after the other'), is(r -> 'next_cursor', 'null', 'until the last')])
from first_page cross join lateral pg_temp.answer('office', format('public.issued_reports_page(1, %L)', page ->> 'next_cursor')) r;
select pg_temp.refuses(actor, call, code, status, actor || ' ' || call, details)
from first_page cross join lateral (values
  ('coordinator', 'public.issued_reports_page()', 'not_an_administrator', 403, null),
  ('office', 'public.issued_reports_page(201)', 'invalid_request', 400, 'limit'),
  ('administrator', format('public.issued_reports_page(1, %L)', page ->> 'next_cursor'), 'invalid_request', 400, 'cursor')) r (actor, call, code, status, details);
select is(jsonb_array_length(pg_temp.answer('administrator', format('public.issued_period_report(%L, detail => ''months'')', pg_temp.report_id('oslo'))) -> 'months'), 18, 'an issued one by month');

-- A comparison with nothing to say.
select is(pg_temp.compared('administrator', 'oslo') - '{id,issued,now}'::text[], '{"numbers": [], "mentors": [], "erased": []}', 'nothing has changed');

-- Corrections: Anna's late certificate, Bente's mistake and its correction, Finn erased, a
-- certificate of Dina's that changes none of the days.
select pg_temp.answer('administrator', $$public.register_certification(pg_temp.id('anna'), 'kurs', '2025-02-01', '2027-02-01')$$);
select private.known_moment(null);
select pg_temp.answer('administrator', $$public.register_certification(pg_temp.id('bente'), 'kurs', '2025-02-01', '2027-02-01')$$);
select private.known_moment(null);
delete from public.certifications where mentor_id = pg_temp.id('bente') and expires_on > '2026-01-01';
update public.chapter_memberships set ended_at = '2025-05-01 00:00+02' where id = pg_temp.id('benteoslo');
select private.known_moment(null);
select pg_temp.answer('administrator', $$public.register_certification(pg_temp.id('dina'), 'kurs', '2025-07-01', '2027-02-01')$$);
select pg_temp.answer('administrator', $$public.erase_person(pg_temp.id('finn'))$$);
create temporary table comparison as select pg_temp.compared('administrator', 'oslo') as c;
select is(array(select m ->> 'display_name' from comparison, jsonb_array_elements(c -> 'mentors') m), array['Anna', 'Bente'], 'whose days are other');
select is(pg_temp.facts(c, 'anna'), array['certifications administrator register_certification new'], 'by which facts') from comparison;
select is(pg_temp.facts(c, 'bente'), array['chapter_memberships nobody by hand changed'], 'what came and went decides nothing') from comparison;
select is(c -> 'erased', jsonb_build_array(pg_temp.id('finn')), 'who was erased') from comparison;
select is(array(select concat_ws(' ', n ->> 'number', n ->> 'issued', n ->> 'now') from comparison, jsonb_array_elements(c -> 'numbers') n where n ->> 'chapter_id' is null),
  array['registered_end 4 3', 'active_end 0 1', 'active_every_day 0 1', 'certified_end 0 1', 'certified_every_day 0 1', 'days_active 1704 1825', 'days_expired_cert 484 302', 'left 0 1'], 'each number that differs');
select is(c #>> '{mentors,0,facts,0,after,expires_on}', '2027-02-01', 'with what was known since') from comparison;

-- The same bytes for ever.
select is((select jsonb_agg(jsonb_build_array(to_jsonb(r), (select jsonb_object_agg(p.chapter_id, p.content) from private.period_report_parts p where p.report_id = r.id)) order by r.id) from public.period_reports r),
  (select jsonb_agg(jsonb_build_array(b.report, b.parts) order by b.id) from before b), 'an issued report stays what it was');
select is(pg_temp.answer('administrator', format('public.issued_period_report(%L)', pg_temp.report_id('oslo'))) #>> '{total,days_active}', '1704', 'read again, its numbers too');
select is(array(select m ->> 'display_name' from jsonb_array_elements(pg_temp.answer('administrator', format('public.issued_period_report(%L)', pg_temp.report_id('oslo'))) -> 'mentors') m),
  array['Anna', 'Bente', 'Dina', 'Slettet person'], 'an erased person by the pseudonym');
select pg_temp.violates(statement, '23001', '', statement)
from unnest(array['update public.period_reports set sha256 = sha256', 'delete from public.period_reports', 'truncate public.period_reports cascade',
  'update private.period_report_parts set content = ''''', 'delete from private.period_report_parts']) statement;

-- Read as it was stored, whatever the zone and the rules are since. Gro is in two chapters for
-- a while, and comes and goes at midnight in Oslo.
select pg_temp.add_chapter('tromsø');
select pg_temp.member('gro', 'tromsø');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
values (pg_temp.id('bergen'), pg_temp.id('gro'), 'mentor', '2024-06-01 00:00+02', '2024-12-01 00:00+01');
insert into public.pause_records (mentor_id, status, paused_at, reactivated_at) values (pg_temp.id('gro'), 'active', '2024-08-01 00:00+02', '2024-09-01 00:00+02');
insert into issued select 'year', pg_temp.answer('office', $$public.issue_period_report('2024-01-01', '2024-12-31')$$);
create function pg_temp.read_again() returns table (detail text, answer jsonb)
language sql as $$
  select d, pg_temp.answer('office', format('public.issued_period_report(%L, detail => %L, sample => 3, seed => 7)', pg_temp.report_id('year'), d))
  from unnest(array['summary', 'months', 'mentors', 'sample']) d
$$;
create temporary table read as select * from pg_temp.read_again();
-- What was issued is what was true then: as if it were asked now about the same moment.
select is(r.answer - '{id,issued_at,issued_by,issued_by_name,sha256}'::text[],
  pg_temp.answer('office', format('public.period_report(%L, %L, null, %L, %L, 3, 7)', '2024-01-01', '2024-12-31', r.answer ->> 'as_known_at', r.detail)) || '{"requested_known_at": null}',
  'what is stored says what the facts say: ' || r.detail) from read r;
update private.settings set time_zone = 'America/New_York';
select is(n.answer, r.answer, 'in another zone the same bytes: ' || r.detail) from read r join pg_temp.read_again() n using (detail);
select is(c -> 'issued' ->> 'time_zone' || ' ' || (c -> 'now' ->> 'time_zone'), 'Europe/Oslo America/New_York', 'a comparison names the zones') from pg_temp.compared('office', 'year') c;
select is(array(select concat_ws(' ', m ->> 'display_name', m -> 'issued' -> 1 ->> 'from', m -> 'now' -> 1 ->> 'from', m ->> 'facts') from jsonb_array_elements(c -> 'mentors') m where m ->> 'mentor_id' = pg_temp.id('gro')::text),
  array['Gro 2024-06-01 2024-05-31 []'], 'and whose days are others by it') from pg_temp.compared('office', 'year') c;
-- Rules that were corrected: nobody has days, and all numbers are other.
create or replace function private.report_days(of_some boolean, kinds_have_rules boolean) returns text language sql
as $$ select replace($q$select d.* from (/* days */) d where false$q$, '/* days */', private.known_days_query(of_some, kinds_have_rules)) $$;
create or replace function private.summed_numbers(first jsonb, second jsonb) returns jsonb language sql
as $$ select jsonb_object_agg(n, 7) from unnest(private.report_numbers()) n $$;
create or replace function private.rule_version() returns text language sql as $$ select '2' $$;
select is(array(select r::text from pg_temp.read_again() r), array(select r::text from read r), 'by other rules the same bytes');

select * from finish();
rollback;
