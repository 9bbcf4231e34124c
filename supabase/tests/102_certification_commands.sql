-- Kinds of certification, the commands that keep them, and those that keep certifications.
begin;
\ir _fixtures.psql

select plan(61);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_person('administrator');
select pg_temp.join_chapter('administrator', 'administrator', 'oslo');
select pg_temp.add_person('office');
select pg_temp.appoint('office');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_mentor('other', 'oslo');

create function pg_temp.certifications(who text) returns text[]
language sql stable as $$
  select array(select format('%s %s–%s', c.kind, c.issued_on, coalesce(c.expires_on::text, 'never'))
    from public.certifications c where c.mentor_id = pg_temp.id(who) order by c.issued_on, c.kind, c.expires_on)
$$;
create function pg_temp.stored(who text) returns text
language sql stable as $$
  select r.status from public.pause_records r where r.mentor_id = pg_temp.id(who) and r.status <> 'active'
$$;

-- Kinds.

select is(
  pg_temp.answer('office', $$public.save_certification_kind(' Pgtap Kurs ', 'Kurs', 'Kurs', 'Course', 13) -> 'certification_kind'$$),
  '{"code": "Pgtap Kurs", "name_nb": "Kurs", "name_nn": "Kurs", "name_en": "Course", "months_valid": 13, "is_required": false, "replaced_by": null, "due_after_months_away": null}',
  'a kind is made');
select is(
  pg_temp.answer('office', $$public.save_certification_kind('PGTAP KURS', name_en => 'A course') -> 'certification_kind'$$),
  '{"code": "Pgtap Kurs", "name_nb": "Kurs", "name_nn": "Kurs", "name_en": "A course", "months_valid": 13, "is_required": false, "replaced_by": null, "due_after_months_away": null}',
  'and changed, whatever the case, in the fields that are there');
select is(pg_temp.answer('office', $$public.save_certification_kind('pgtap nytt kurs', months_valid => 0) #> '{certification_kind,name_nn}'$$), '"pgtap nytt kurs"', 'names are the code where none is given');
select is(pg_temp.answer('office', $$public.save_certification_kind('pgtap kurs', replaced_by => 'Pgtap Nytt kurs') #>> '{certification_kind,replaced_by}'$$),
  '"pgtap nytt kurs"', 'it is replaced by another');
select pg_temp.refuses('office', $$public.save_certification_kind('pgtap nytt kurs', replaced_by => 'pgtap kurs')$$, 'invalid_request', 400, 'never in a circle', 'replaced_by');
select pg_temp.refuses('office', $$public.save_certification_kind('pgtap kurs', replaced_by => 'pgtap kurs')$$, 'invalid_request', 400, 'nor by itself', 'replaced_by');
select pg_temp.refuses('office', $$public.save_certification_kind('pgtap kurs', replaced_by => 'no such')$$, 'invalid_request', 400, 'nor by what is none', 'replaced_by');
select pg_temp.refuses('office', $$public.save_certification_kind('pgtap kurs', months_valid => -1)$$, 'invalid_request', 400, 'months are at least one', 'months_valid');
select pg_temp.refuses('office', $$public.save_certification_kind('pgtap kurs', due_after_months_away => 100000)$$, 'invalid_request', 400, 'and not too many', 'due_after_months_away');
select pg_temp.refuses('office', $$public.save_certification_kind('')$$, 'invalid_request', 400, 'a code is required', 'code');
select pg_temp.refuses('office', $$public.save_certification_kind('01019010046')$$, 'invalid_request', 400, 'that is no identity number', 'code');
select is(
  array(select l.command || ' ' || coalesce(l.person_id::text, '-') || ' ' || (l.before is not null) from public.people_log l
    where l.actor_id = pg_temp.id('office') order by l.id),
  array['save_certification_kind - false', 'save_certification_kind - true', 'save_certification_kind - false', 'save_certification_kind - true'],
  'each save is logged, about nobody');
select pg_temp.violates($$update public.certification_kinds set replaced_by = 'Pgtap Kurs' where code = 'pgtap nytt kurs'$$, '23514', 'certification_kinds_no_cycle', 'a hand makes no circle');
select pg_temp.violates($$update public.certification_kinds set code = 'other' where code = 'Pgtap Kurs'$$, '23001', 'certification_kinds_code_is_fixed', 'nor another code');
select pg_temp.violates($$insert into public.certification_kinds (code) values ('PGTAP  KURS'), ('pgtap kurs')$$, '23505', 'certification_kinds_matched_once', 'nor a kind twice');

-- What days depend on is kept by day.
create function pg_temp.periods(kind text) returns text[]
language sql stable as $$
  select array(select format('%s %s %s', case when p.from_day = '-infinity' then '-' else (p.from_day - pg_temp.today())::text end, p.is_required, coalesce(p.replaced_by, '-'))
    from private.certification_kind_periods p where p.code = kind order by p.from_day)
$$;
select is(pg_temp.periods('Pgtap Kurs'), array['- f -', '0 f pgtap nytt kurs'], 'what a kind began with counts for all days before the first change');
select pg_temp.answer('office', $$public.save_certification_kind('pgtap kurs', is_required => true)$$);
select pg_temp.answer('office', $$public.save_certification_kind('pgtap kurs', is_required => false, replaced_by => '')$$);
select is(pg_temp.periods('Pgtap Kurs'), array['- f -', '0 f -'], 'of several saves on a day the last one counts');
select is((select count(*) from private.certification_kind_versions where code = 'Pgtap Kurs'), 4::bigint, 'and each is kept');
update public.certification_kinds set name_nb = 'Kurset' where code = 'Pgtap Kurs';
select is((select count(*) from private.certification_kind_versions where code = 'Pgtap Kurs'), 4::bigint, 'a name is nothing that days depend on');
update public.certification_kinds set is_required = true where code = 'Pgtap Kurs';
select is(pg_temp.periods('Pgtap Kurs'), array['- f -', '0 t -'], 'a hand''s save counts too');
update public.certification_kinds set is_required = false where code = 'Pgtap Kurs';
select throws_ok($$update private.certification_kind_versions set from_day = '2020-01-01'$$, '23001', null, 'what was saved is not changed');

-- Register.

select is(pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('mentor'), ' PGTAP kurs', '2026-01-31') #>> '{certification,expires_on}'$$), '"2027-02-28"', 'valid for calendar months, clipped to the end of the month');
select is(pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('mentor'), 'Pgtap Kurs', '2026-01-31', 'Never') #>> '{certification,expires_on}'$$), null, 'never is never');
select is(pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('mentor'), 'pgtap nytt kurs', '2026-01-31') #>> '{certification,expires_on}'$$), null, 'as is a kind without months');
select is(pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('mentor'), 'pgtap nytt kurs', '2026-01-31', '2028-05-17') #>> '{certification,expires_on}'$$), '"2028-05-17"', 'an end that is given counts');
select is(pg_temp.answer('coordinator', $$(public.register_certification(pg_temp.id('mentor'), 'pgtap nytt kurs', '1900-01-01', '9999-12-31') -> 'certification') - '{id,mentor_id}'::text[]$$),
  '{"kind": "pgtap nytt kurs", "issued_on": "1900-01-01", "expires_on": "9999-12-31"}', 'from the first day that there is through the last one');
select pg_temp.refuses('coordinator', $$public.register_certification(pg_temp.id('mentor'), 'pgtap kurs', '2026-01-31')$$, 'already_exists', 409, 'the same one twice');
select pg_temp.refuses('coordinator', format('public.register_certification(pg_temp.id(''mentor''), %s)', arguments), 'invalid_request', 400, why, field)
from (values
  ($$null, '2026-01-01'$$, 'kind', 'a kind is required'), ($$'no such kind', '2026-01-01'$$, 'kind', 'that is known'),
  ($$'pgtap kurs', null$$, 'issued_on', 'so is a day'), ($$'pgtap kurs', 'infinity'$$, 'issued_on', 'that is one'),
  ($$'pgtap kurs', '2026-01-01', '2025-12-31'$$, 'expires_on', 'an end is after the beginning'), ($$'pgtap kurs', '2026-01-01', 'tomorrow'$$, 'expires_on', 'and a day'),
  ($$'pgtap kurs', '2026-01-01', 'infinity'$$, 'expires_on', 'that exists'), ($$'pgtap kurs', '2026-01-01', '01019010046'$$, 'expires_on', 'and no number')
) r (arguments, field, why);
select is((select l.command || ' ' || (l.after ->> 'kind') from public.people_log l where l.person_id = pg_temp.id('mentor') and l.actor_id = pg_temp.id('coordinator') order by l.id limit 1),
  'register_certification Pgtap Kurs', 'it is logged');

-- The stored status follows at once.
select pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('other'), 'pgtap kurs', pg_temp.today() - 400, (pg_temp.today() - 1)::text)$$);
select is(pg_temp.stored('other'), 'expired_cert', 'what has expired when it is registered');
select pg_temp.answer('coordinator', $$public.register_certification(pg_temp.id('other'), 'pgtap kurs', pg_temp.today())$$);
select is(pg_temp.stored('other'), null, 'is restored by a renewal');
select is(pg_temp.log('other'), array['active>expired_cert v1 by system - from day 0', 'expired_cert>active v2 by system - from day 0'], 'and the log says so');

-- Revoke and remove.

insert into public.certifications (id, mentor_id, kind, issued_on, expires_on) values
  (pg_temp.id('attest'), pg_temp.id('other'), 'pgtap attest', pg_temp.today() - 50, null);
select is((select name_nb || name_nn || name_en || is_required from public.certification_kinds where code = 'pgtap attest'), 'pgtap attestpgtap attestpgtap attestfalse',
  'an unknown kind from a hand makes the kind');
insert into public.certifications (mentor_id, kind, issued_on) values (pg_temp.id('other'), E' PGTAP Attest\t', pg_temp.today() - 1000);
select is((select count(*) from public.certifications where kind = 'pgtap attest'), 2::bigint, 'whose code others are given');
select pg_temp.violates($$delete from public.certification_kinds where code = 'pgtap attest'$$, '23503', 'certifications_kind_exists', 'a kind in use is not deleted');
select is(pg_temp.answer('administrator', $$public.revoke_certification(pg_temp.id('attest'), pg_temp.today() - 1) #>> '{certification,expires_on}'$$),
  to_jsonb((pg_temp.today() - 1)::text), 'a certification is revoked from a day on');
select pg_temp.refuses('administrator', $$public.revoke_certification(pg_temp.id('attest'), pg_temp.today() + 5)$$, 'invalid_request', 400, 'never prolonged', 'last_valid_on');
select pg_temp.refuses('administrator', $$public.revoke_certification(pg_temp.id('attest'), pg_temp.today() - 51)$$, 'invalid_request', 400, 'nor ended before it began', 'last_valid_on');
select pg_temp.refuses('administrator', $$public.revoke_certification(pg_temp.id('attest'), null)$$, 'invalid_request', 400, 'a day is required', 'last_valid_on');
select pg_temp.refuses('administrator', $$public.revoke_certification(pg_temp.id('no such'), pg_temp.today())$$, 'not_found', 404, 'a certification, too');
select is(pg_temp.answer('administrator', $$(public.remove_certification(pg_temp.id('attest'), pg_temp.id('remove')) -> 'certification' ->> 'removed_at') is not null$$), 'true', 'a mistake is removed');
select is((select count(*) from public.certifications where id = pg_temp.id('attest')), 0::bigint, 'it counts no more');
select is((select pg_temp.name_of(r.mentor_id) || ' ' || r.kind || ' by ' || pg_temp.name_of(r.actor_id) from private.removed_certifications r where r.id = pg_temp.id('attest')),
  'other pgtap attest by administrator', 'and stays in the history as removed');
select is(pg_temp.answer('administrator', $$public.remove_certification(pg_temp.id('attest'), pg_temp.id('remove')) #>> '{certification,id}'$$), to_jsonb(pg_temp.id('attest')), 'repeated with the same key it is answered again');
select pg_temp.refuses('administrator', $$public.remove_certification(pg_temp.id('attest'))$$, 'not_found', 404, 'without one it is not there');
select pg_temp.use_role('service_role');
delete from public.certifications where mentor_id = pg_temp.id('other') and kind = 'pgtap attest';
select pg_temp.sign_out();
select is((select count(*) from private.removed_certifications where actor_id is null and mentor_id = pg_temp.id('other')), 1::bigint, 'what another system deletes stays too');
select pg_temp.violates($$delete from public.certification_kinds where code = 'pgtap attest'$$, '23503', 'removed_certifications_kind_exists', 'and its kind with it');
select throws_ok($$delete from private.removed_certifications$$, '23001', null, 'for good');

-- Hints at reactivation.

select pg_temp.add_mentor('away', 'oslo');
select pg_temp.certify('away', 100, -700, 'pgtap kurs');
select is(pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('away'), 'Reise') ? 'hints'$$), 'false', 'a pause has no hints');
select is(pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('away')) -> 'hints'$$), '[]', 'a return has an empty list');
select pg_temp.answer('office', $$public.save_certification_kind('pgtap kurs', due_after_months_away => 2)$$);
select pg_temp.add_mentor('long away', 'oslo');
select pg_temp.certify('long away', 100, -700, 'pgtap kurs');
insert into public.pause_records (mentor_id, status, paused_at) values (pg_temp.id('long away'), 'paused', now() - interval '2 months 3 days');
select is(pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('long away'), request_id => pg_temp.id('return')) -> 'hints'$$),
  '[{"code": "certification_due", "kind": "Pgtap Kurs"}]', 'after long enough away, of what is asked for again');
select is(pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('long away'), request_id => pg_temp.id('return')) -> 'hints'$$),
  '[{"code": "certification_due", "kind": "Pgtap Kurs"}]', 'and again when it is repeated');
-- In UTC it was still the day before; and there is no 31 February.
select is(array(
    select private.hints_after_pause(pg_temp.id('nobody'), '2024-12-31 00:30 Europe/Oslo', day) -> 0 ->> 'kind'
    from unnest('{2025-02-27, 2025-02-28, 2025-03-01}'::date[]) day),
  '{NULL, Pgtap Kurs, Pgtap Kurs}', 'it is asked for from the very day on which so many months have passed');

-- From what was kept of it, the same is known now.
select pg_temp.is_known_as_it_is();

select * from finish();
rollback;
