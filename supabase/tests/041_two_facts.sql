-- Two facts, one status: a mentor's status follows from the pause and the
-- certifications on a date, and what is stored is brought in line with them by
-- whatever touches the mentor.
begin;
\ir _fixtures.psql

select plan(157);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');

-- Each case of certifications, with and without a pause under it. Days are
-- counted from today: kind, from, until.

create temporary table certification_cases (name text, held jsonb, expired boolean, state text, ends integer);
insert into certification_cases values
  ('no certification', '[]', false, 'none', null),
  ('one that never expires', '[["police", -900, null]]', false, 'valid', null),
  ('one that is valid for long', '[["basic", -900, 31]]', false, 'valid', 31),
  ('one that ends in 30 days', '[["basic", -900, 30]]', false, 'expiring', 30),
  ('one that ends today', '[["basic", -900, 0]]', false, 'expiring', 0),
  ('one that ended yesterday', '[["basic", -900, -1]]', true, 'expired', -1),
  ('one that ended long ago', '[["basic", -900, -400]]', true, 'expired', -400),
  ('one of two kinds ended', '[["basic", -900, 200], ["first aid", -900, -1]]', true, 'expired', -1),
  ('one kind ended, the other never does', '[["police", -900, null], ["first aid", -900, -1]]', true, 'expired', -1),
  ('two kinds, both valid', '[["basic", -900, 200], ["first aid", -900, 90]]', false, 'valid', 90),
  ('one that was renewed', '[["basic", -900, -100], ["basic", -110, 200]]', false, 'valid', 200),
  ('one that was renewed for less', '[["basic", -900, 200], ["basic", -110, 20]]', false, 'valid', 200),
  ('one that was renewed without an end', '[["basic", -900, -100], ["basic", -50, null]]', false, 'valid', null),
  ('one that was renewed late', '[["basic", -900, -100], ["basic", 0, 200]]', false, 'valid', 200),
  ('one that was renewed and ended again', '[["basic", -900, -100], ["basic", -90, -2]]', true, 'expired', -2),
  ('one that ended, its renewal begins tomorrow', '[["basic", -900, -1], ["basic", 1, 200]]', true, 'expired', -1),
  ('one that ends today, its renewal begins tomorrow', '[["basic", -900, 0], ["basic", 1, 200]]', false, 'valid', 200),
  ('one that ends today, its renewal begins a day too late', '[["basic", -900, 0], ["basic", 2, 200]]', false, 'expiring', 0),
  ('one that only begins tomorrow', '[["basic", 1, 200]]', false, 'none', null);

create temporary table fact_cases as
  select c.*, b.paused, c.name || case when b.paused then ', paused' else ', not paused' end as mentor,
    case when c.expired then 'expired_cert' when b.paused then 'paused' else 'active' end as status
  from certification_cases c cross join (values (false), (true)) b (paused);

select pg_temp.add_mentor(f.mentor, 'oslo') from fact_cases f;
-- The pauses come first: nobody can be paused into an expiry that came before.
select pg_temp.answer('coordinator', format($$public.pause_mentor(pg_temp.id(%L), 'Ferie', pg_temp.today() + 5)$$, f.mentor))
from fact_cases f where f.paused;
select pg_temp.certify(f.mentor, (h ->> 2)::integer, (h ->> 1)::integer, h ->> 0)
from fact_cases f cross join jsonb_array_elements(f.held) h;

create temporary table shown as
  select m from jsonb_array_elements(pg_temp.answer('coordinator', 'public.coordinator_roster(page_limit => 200)') -> 'mentors') m;

select is(
  (select s.m -> 'status' || jsonb_build_array(s.m -> 'certification_state', s.m -> 'certification_expires_on', s.m -> 'pause_reason')
   from shown s where s.m ->> 'mentor_id' = pg_temp.id(f.mentor)::text),
  jsonb_build_array(f.status, f.state, pg_temp.today() + f.ends, case when f.paused then 'Ferie' end),
  format('the roster shows %s for: %s', f.status, f.mentor))
from fact_cases f;
select is(
  pg_temp.answer('coordinator', format('public.mentor_status_on(pg_temp.id(%L), pg_temp.today())', f.mentor)) #>> '{}',
  f.status,
  format('mentor_status_on says %s for: %s', f.status, f.mentor))
from fact_cases f;

-- The transitions ask whether the certification has lapsed without its dates:
-- the same question, on every date around those of the cases, and of mentors with
-- certifications at random.

select setseed(0.5);
select pg_temp.add_mentor('random ' || n, 'oslo') from generate_series(1, 40) n;
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select pg_temp.id('random ' || c.n), c.kind, pg_temp.today() + c.begins,
  case when random() < 0.9 then pg_temp.today() + c.begins + floor(random() * 12)::integer end
from (
  select n, kind, floor(random() * 40)::integer as begins
  from generate_series(1, 40) n cross join unnest(array['basic', 'first aid']) kind cross join generate_series(1, 4)
  where random() < 0.7
) c;
create temporary table lapses as
  select p.name, pg_temp.today() + d.days as day, private.has_lapsed(p.id, pg_temp.today() + d.days) as has_lapsed,
    coalesce(f.certified_until < pg_temp.today() + d.days, false) as expired
  from pg_temp.people p
  cross join generate_series(-10, 60) d (days)
  left join private.certification_facts(array(select id from pg_temp.people), pg_temp.today() + d.days) f on f.mentor_id = p.id
  where p.name like 'random %' or p.name in (select mentor from fact_cases);
select is_empty($$ select * from lapses where has_lapsed <> expired $$, 'a certification has lapsed when its fact says that it has expired');
select ok((select count(*) filter (where expired) > 500 and count(*) filter (where not expired) > 500 from lapses), 'and there were enough of both');

-- What the stored status becomes when a coordinator asks for a pause (an
-- amendment of version 1 where there is one).
select is(
  pg_temp.answer('coordinator', format($$public.pause_mentor(pg_temp.id(%L), 'Ferie', null, %s) -> 'pause_record' -> 'status'$$,
    f.mentor, case when f.paused then '1' else 'null' end)) #>> '{}',
  case when f.expired then 'expired_cert' else 'paused' end,
  format('a pause is stored as %s for: %s', case when f.expired then 'expired_cert' else 'paused' end, f.mentor))
from fact_cases f;

-- Paused, then the certification expires.

select pg_temp.add_mentor('kari', 'oslo');
select pg_temp.certify('kari', 100);
select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Sykdom', pg_temp.today() + 50)$$);
update public.certifications set expires_on = pg_temp.today() - 3 where mentor_id = pg_temp.id('kari');
select is(pg_temp.records('kari'), array['paused v1 with pause'], 'expiry alone, before the nightly run, changes nothing stored');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'))$$, 'certification_expired', 409,
  'reactivating while the certification is expired is refused, and nothing changes');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'), 1)$$, 'certification_expired', 409,
  'with the stored version too: it is compared before the status is brought up to date');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'), 2)$$, 'version_conflict', 409,
  'and not with the version that this would make', '1');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Sykdom', pg_temp.today() + 50, 1) -> 'pause_record'$$)
    - '{id,created_at,updated_at,paused_at}'::text[],
  jsonb_build_object('mentor_id', pg_temp.id('kari'), 'status', 'expired_cert', 'pause_reason', 'Sykdom',
    'expected_return_date', pg_temp.today() + 50, 'reactivated_at', null, 'coordinator_id', pg_temp.id('coordinator'), 'version', 3),
  'an amendment finds the expiry: the same record becomes expired_cert, then is amended');
select is(
  pg_temp.log('kari'),
  array['active>paused v1 by coordinator coordinator from day 0',
    'paused>expired_cert v2 by system - from day -2',
    'expired_cert>expired_cert v3 by coordinator coordinator from day 0'],
  'the expiry has its own log row, by the system, from the day after the last valid one');
select is(
  pg_temp.outbox('kari'),
  array['mentor_paused v1 to coordinator', 'mentor_paused v1 to mentor', 'certification_expired v2 to coordinator', 'certification_expired v2 to mentor'],
  'and its own notification');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Annet')$$, 'already_paused', 409,
  'who is paused under an expired certification is already_paused');

-- Renewed: back to the pause that is under it.

select pg_temp.certify('kari', 300, -1);
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'), 2)$$, 'version_conflict', 409,
  'a version that is behind is refused after the renewal too', '3');
select is(
  pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'), 3) -> 'pause_record' -> 'status'$$), '"active"',
  'renewed, the mentor can be reactivated');
select is(
  (pg_temp.log('kari'))[4:],
  array['expired_cert>paused v4 by system - from day 0', 'paused>active v5 by coordinator coordinator from day 0'],
  'by way of paused, from no earlier a day than the amendment before it');
select is(
  (pg_temp.outbox('kari'))[5:],
  array['certification_restored v4 to coordinator', 'certification_restored v4 to mentor', 'mentor_reactivated v5 to coordinator', 'mentor_reactivated v5 to mentor'],
  'both are told');
select is(
  (select r.pause_reason || ' ' || (r.expected_return_date - pg_temp.today()) from public.pause_records r where r.mentor_id = pg_temp.id('kari')),
  'Sykdom 50', 'reason and return date were there all along');

-- Expired without a pause: the pause is recorded under it.

select pg_temp.add_mentor('ola', 'oslo');
select pg_temp.certify('ola', -10);
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('ola'))$$, 'certification_expired', 409,
  'who is expired, but not paused, can''t be reactivated');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('ola'), 'Ferie', null, 1)$$, 'version_conflict', 409,
  'a version is compared with what is stored: nothing yet');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('ola'), 'Ferie', pg_temp.today() + 5) -> 'pause_record'$$)
    - '{id,created_at,updated_at}'::text[] - 'paused_at',
  jsonb_build_object('mentor_id', pg_temp.id('ola'), 'status', 'expired_cert', 'pause_reason', 'Ferie',
    'expected_return_date', pg_temp.today() + 5, 'reactivated_at', null, 'coordinator_id', pg_temp.id('coordinator'), 'version', 2),
  'pausing who is expired records the pause, the status stays expired_cert');
select is(
  pg_temp.log('ola'),
  array['active>expired_cert v1 by system - from day -9', 'expired_cert>expired_cert v2 by coordinator coordinator from day 0'],
  'the log has the expiry and the pause');
select is(
  pg_temp.outbox('ola'),
  array['certification_expired v1 to coordinator', 'certification_expired v1 to mentor', 'mentor_paused v2 to coordinator', 'mentor_paused v2 to mentor'],
  'and so has the outbox');
select is(
  (select r.paused_at is not null from public.pause_records r where r.mentor_id = pg_temp.id('ola')), true, 'the pause has its beginning');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('ola'), 'Lang ferie', pg_temp.today() + 9, 2) -> 'pause_record' -> 'version'$$), '3',
  'it can be amended under the expired certification');
select pg_temp.certify('ola', 300, -20);
select is(
  pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('ola')) -> 'pause_record' -> 'status'$$), '"active"',
  'and ended after a renewal');
select is(
  (pg_temp.log('ola'))[4], 'expired_cert>paused v4 by system - from day 0',
  'a renewal that is dated before what is in the log takes effect no earlier than that');

-- Expired without a pause, as the nightly run stores it, in its versions.

select pg_temp.add_mentor(name, 'oslo') from unnest(array['liv', 'per', 'siv', 'tor']) name;
select pg_temp.certify(name, -10) from unnest(array['liv', 'per', 'siv', 'tor']) name;
insert into public.pause_records (mentor_id, status, paused_at, effective_on)
select pg_temp.id(name), 'expired_cert', null, pg_temp.today() - 9 from unnest(array['liv', 'per', 'siv', 'tor']) name;
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('liv'), 'Ferie') -> 'pause_record' -> 'version'$$), '2',
  'the pause is recorded under a stored expiry without a version');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('per'), 'Ferie', null, 1) -> 'pause_record' -> 'version'$$), '2',
  'or with the stored one');
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('siv'), 'Ferie', null, 2)$$, 'version_conflict', 409,
  'but not with another', '1');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('siv'), 1)$$, 'certification_expired', 409,
  'reactivation is refused');

-- Renewed without a pause: the record closes.

select pg_temp.certify('siv', 300, -4);
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('siv'))$$, 'not_paused', 409,
  'whom a renewal has made active before the nightly run said so is not_paused');
select pg_temp.refuses('coordinator', $$public.reactivate_mentor(pg_temp.id('siv'), 1)$$, 'not_paused', 409,
  'with the stored version too');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('siv'), 'Ferie') -> 'pause_record' -> 'version'$$), '3',
  'a pause begins a new record');
select is(
  pg_temp.records('siv'), array['active v2', 'paused v3 with pause'], 'and the expired one has closed');
select is(
  (select r.reactivated_at is not null and r.pause_reason is null from public.pause_records r
   where r.mentor_id = pg_temp.id('siv') and r.status = 'active'), true,
  'with its end, and without what belongs to the new one');
select is(
  pg_temp.log('siv'),
  array['active>expired_cert v1 by system - from day -9', 'expired_cert>active v2 by system - from day -4',
    'active>paused v3 by coordinator coordinator from day 0'],
  'the log has expiry, restoration from the day of the renewal, and pause');
select is(
  (pg_temp.outbox('siv')),
  array['certification_expired v1 to coordinator', 'certification_expired v1 to mentor', 'certification_restored v2 to coordinator',
    'certification_restored v2 to mentor', 'mentor_paused v3 to coordinator', 'mentor_paused v3 to mentor'],
  'and the outbox each of them');
select pg_temp.certify('tor', 300, 0);
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('tor'), 'Ferie', null, 1) -> 'pause_record' -> 'version'$$), '3',
  'the version of the record that closes is accepted for the pause after it');

-- Renewed while paused and expired as stored: again paused, not closed.
select pg_temp.certify('per', 300, 0);
select pg_temp.refuses('coordinator', $$public.pause_mentor(pg_temp.id('per'), 'Annet')$$, 'already_paused', 409,
  'a renewal doesn''t end the pause under it');
select is(
  pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('per'), 'Annet', null, 2) -> 'pause_record' -> 'status'$$), '"paused"',
  'which is paused again as soon as somebody touches it');
select is(
  (pg_temp.log('per'))[3:],
  array['expired_cert>paused v3 by system - from day 0', 'paused>paused v4 by coordinator coordinator from day 0'], 'step by step');

-- The as-of date is the organisation's calendar date, wherever the session is.
select is(private.today(), pg_temp.today(), 'today is the date in Europe/Oslo');
set local timezone = 'Pacific/Kiritimati';
select is(private.today(), pg_temp.today(), 'also for a session in another time zone');
update private.settings set time_zone = 'Pacific/Kiritimati';
select is(private.today(), (now() at time zone 'Pacific/Kiritimati')::date, 'and in another zone where the settings say so');
update private.settings set time_zone = 'Pacific/Niue';
select is(private.today(), (now() at time zone 'Pacific/Niue')::date, 'east and west of it');

select * from finish();
rollback;
