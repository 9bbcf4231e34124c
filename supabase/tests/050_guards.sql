-- The database is the last guard: what holds against service_role and against a
-- hand in the SQL editor, which comes as postgres, the owner of every table.
begin;
\ir _fixtures.psql

select plan(102);

select pg_temp.add_chapter('oslo');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_mentor(name, 'oslo') from unnest(array['kari', 'ola', 'liv', 'per', 'siv', 'tor', 'una']) name;
select pg_temp.certify(name, 100) from unnest(array['kari', 'ola']) name;

-- Everything that has to be kept, as the owner sees it.
create function pg_temp.kept() returns text
language sql stable as $$
  select pg_temp.written() || md5(concat(
    (select string_agg(p::text, '|' order by p.id) from public.profiles p),
    (select string_agg(c::text, '|' order by c.id) from public.certifications c),
    (select string_agg(d::text, '|' order by d.id) from public.status_discrepancies d)))
$$;

-- One test: the actor's statement ends like this, and nothing changed. (If
-- something did, it is rolled back, so that the next test isn't misled.)
create function pg_temp.holds(actor text, statement text, expected text, description text) returns text
language plpgsql as $$
declare
  before text := pg_temp.kept();
  outcome text := 'allowed';
begin
  begin
    perform pg_temp.become(actor);
    begin
      execute statement;
    exception when others then
      outcome := sqlstate;
    end;
    perform pg_temp.sign_out();
    raise exception using errcode = 'TAP00',
      message = outcome || case when pg_temp.kept() = before then ', unchanged' else ', changed' end;
  exception when sqlstate 'TAP00' then
    outcome := sqlerrm;
  end;
  return is(outcome, expected || ', unchanged', description);
end
$$;

-- A closed record is immutable, column by column.

select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('kari'), 'Sykdom', pg_temp.today() + 9)$$);
select pg_temp.answer('coordinator', $$public.reactivate_mentor(pg_temp.id('kari'))$$);
create temporary table closing_changes (change text);
insert into closing_changes values
  ('id = gen_random_uuid()'), ('mentor_id = pg_temp.id(''liv'')'), ('status = ''paused'', reactivated_at = null'), ('status = status'),
  ('pause_reason = null'), ('pause_reason = ''Annet'''), ('expected_return_date = null'), ('paused_at = paused_at - interval ''1 day'''),
  ('reactivated_at = now()'), ('coordinator_id = null'), ('version = 9'), ('first_version = 2'), ('effective_on = null'), ('certification_kind = ''kurs'''), ('planned_pause_id = gen_random_uuid()'), ('open_since = current_date'),
  ('created_at = ''epoch'''), ('updated_at = ''epoch''');
select pg_temp.holds('owner', format($$update public.pause_records set %s where mentor_id = pg_temp.id('kari')$$, change), '23001',
  'a closed record can''t be changed: ' || change)
from closing_changes;
select is_empty(
  $$ select a.attname from pg_attribute a
     where a.attrelid = 'public.pause_records'::regclass and a.attnum > 0 and not a.attisdropped
       and not exists (select from closing_changes c where c.change like '%' || a.attname || ' = %') $$,
  'that was every column');
select pg_temp.violates(
  $$ update public.pause_records set pause_reason = null where mentor_id = pg_temp.id('kari') $$, '23001', 'pause_records_closed_is_final',
  'the refusal names its rule');
select pg_temp.holds('owner',
  format($$ with erasing as (select set_config('mentorpause.erasing', pg_temp.id('kari')::text, true))
            update public.pause_records set %s from erasing where mentor_id = pg_temp.id('kari') $$, change), '23001',
  'what erasure may do to a closed record doesn''t open it for more: ' || change)
from unnest(array['pause_reason = ''Annet''', 'pause_reason = null, expected_return_date = null', 'status = ''paused'', reactivated_at = null']) change;
select set_config('mentorpause.erasing', '', true);

-- A live record changes only forward.

select pg_temp.answer('coordinator', $$public.pause_mentor(pg_temp.id('ola'), 'Sykdom', pg_temp.today() + 9)$$);
select pg_temp.violates(format($$update public.pause_records set %s where mentor_id = pg_temp.id('ola')$$, change), '23514', rule,
  format('%s: %s', what, change))
from (values
  ('the mentor can''t change', 'mentor_id = pg_temp.id(''liv'')', 'pause_records_identity_is_fixed'),
  ('the id can''t change', 'id = gen_random_uuid()', 'pause_records_identity_is_fixed'),
  ('the creation can''t change', 'created_at = ''epoch''', 'pause_records_identity_is_fixed'),
  ('the pause can''t be taken back', 'paused_at = null', 'pause_records_pause_is_kept'),
  ('nor while it expires', 'status = ''expired_cert'', paused_at = null', 'pause_records_pause_is_kept'),
  ('nor while it closes', 'status = ''active'', paused_at = null', 'pause_records_pause_is_kept'),
  ('the pause can''t be redated', 'paused_at = now() - interval ''1 day''', 'pause_records_pause_is_kept'),
  ('a live record has no end', 'reactivated_at = now()', 'pause_records_closed_has_end'),
  ('the end is not before the beginning', 'status = ''active'', reactivated_at = ''epoch''', 'pause_records_ends_after_start'),
  ('the status is one of three', 'status = ''gone''', 'pause_records_status_known'),
  ('the reason is not empty', 'pause_reason = ''''', 'pause_records_reason_length'),
  ('the reason has at most 500 characters', 'pause_reason = repeat(''x'', 501)', 'pause_records_reason_length')
) c (what, change, rule);
select is(pg_temp.records('ola'), array['paused v1 with pause'], 'after all of this it is as it was');
select is(pg_temp.log('ola'), array['active>paused v1 by coordinator coordinator from day 0'], 'and so is its log');

-- Nor is a record born in an illegal state.

select pg_temp.violates('insert into public.pause_records ' || given, '23514', rule, what)
from (values
  ('a paused record has no end', '(mentor_id, status, reactivated_at) values (pg_temp.id(''liv''), ''paused'', now())', 'pause_records_closed_has_end'),
  ('an expired one neither', '(mentor_id, status, reactivated_at) values (pg_temp.id(''liv''), ''expired_cert'', now())', 'pause_records_closed_has_end'),
  ('a closed record doesn''t end before it began',
    '(mentor_id, status, paused_at, reactivated_at) values (pg_temp.id(''liv''), ''active'', now(), now() - interval ''1 day'')', 'pause_records_ends_after_start')
) c (what, given, rule);
insert into public.pause_records (mentor_id, status, paused_at) values (pg_temp.id('liv'), 'expired_cert', null);
select is((select paused_at from public.pause_records where mentor_id = pg_temp.id('liv')), null, 'an expiry alone is no pause');
select pg_temp.violates(
  $$ update public.pause_records set status = 'paused' where mentor_id = pg_temp.id('liv') $$, '23514', 'pause_records_paused_since',
  'who is only expired doesn''t become paused without a pause');

-- A hand can't reactivate over an expired certification, as the RPC can't.

select pg_temp.add_mentor('nils', 'oslo');
select pg_temp.certify('nils', -1);
insert into public.pause_records (mentor_id, status, pause_reason) values (pg_temp.id('nils'), 'paused', 'Sykdom');
select pg_temp.violates(
  $$ update public.pause_records set status = 'active' where mentor_id = pg_temp.id('nils') $$, '23514', 'pause_records_certification_is_valid',
  'a pause is not ended by hand while the certification is expired');
select is(pg_temp.records('nils'), array['paused v1 with pause'], 'and nothing changes');
select pg_temp.certify('nils', 30, 0);
select lives_ok($$ update public.pause_records set status = 'active' where mentor_id = pg_temp.id('nils') $$, 'after the renewal it is');

-- What the read model follows is not emptied behind its back.

select throws_ok('truncate public.' || relation, '23001', null, relation || ' is not truncated')
from unnest(array['chapter_memberships', 'coordinator_assignments']) relation;

-- The version counts the changes, whoever says otherwise.

update public.pause_records set version = 99, expected_return_date = pg_temp.today() + 10 where mentor_id = pg_temp.id('ola');
select is(pg_temp.records('ola'), array['paused v2 with pause'], 'a version can''t be set');
update public.pause_records set version = 1, expected_return_date = pg_temp.today() + 11 where mentor_id = pg_temp.id('ola');
select is(pg_temp.records('ola'), array['paused v3 with pause'], 'nor be taken back');
insert into public.pause_records (mentor_id, status, version) values (pg_temp.id('una'), 'paused', 7);
select is(pg_temp.records('una'), array['paused v1 with pause'], 'nor is a record born in another version than 1');

-- Changes by hand are logged as nobody's, also after an RPC in the same transaction.

select is(
  (pg_temp.log('ola'))[2:],
  array['paused>paused v2 by system - from day 0', 'paused>paused v3 by system - from day 0'],
  'a change by hand has its log row, as actor system');
update public.pause_records set status = 'expired_cert' where mentor_id = pg_temp.id('ola');
update public.pause_records set status = 'paused' where mentor_id = pg_temp.id('ola');
update public.pause_records set status = 'active' where mentor_id = pg_temp.id('ola');
select is(
  (pg_temp.log('ola'))[4:],
  array['paused>expired_cert v4 by system - from day 0', 'expired_cert>paused v5 by system - from day 0', 'paused>active v6 by system - from day 0'],
  'so has each transition');
select is(
  (pg_temp.outbox('ola'))[5:],
  array['certification_expired v4 to coordinator', 'certification_expired v4 to mentor', 'certification_restored v5 to coordinator',
    'certification_restored v5 to mentor', 'mentor_reactivated v6 to coordinator', 'mentor_reactivated v6 to mentor'],
  'and its notification');
select is(
  (select r.reactivated_at >= r.paused_at from public.pause_records r where r.mentor_id = pg_temp.id('ola')), true,
  'a record that is closed by hand gets its end');
insert into public.pause_records (mentor_id, status, effective_on)
values (pg_temp.id('per'), 'paused', null), (pg_temp.id('siv'), 'expired_cert', pg_temp.today() - 3);
select is(
  array[pg_temp.log('per'), pg_temp.log('siv')],
  array[array['active>paused v1 by system - from day 0'], array['active>expired_cert v1 by system - from day -3']],
  'several records that are inserted at once are each logged, from the day that is given');
update public.pause_records set status = 'active' where mentor_id in (pg_temp.id('per'), pg_temp.id('siv'));
select is(
  array[(pg_temp.log('per'))[2:], (pg_temp.log('siv'))[2:]],
  array[array['paused>active v2 by system - from day 0'], array['expired_cert>active v2 by system - from day 0']],
  'and several that are changed at once too');
insert into public.pause_records (mentor_id, status, paused_at)
values (pg_temp.id('tor'), 'active', now() - interval '5 days');
select is(pg_temp.records('tor'), array['active v1 with pause'], 'a record brought in closed gets its end');
select is(pg_temp.log('tor'), array['active>active v1 by system - from day 0'], 'and its log row');
select is(pg_temp.outbox('tor'), '{}', 'but tells nobody');
select pg_temp.sign_in('coordinator');
select public.pause_mentor(pg_temp.id('tor'), 'Ferie');
select pg_temp.sign_out();
update public.pause_records set expected_return_date = pg_temp.today() + 1 where id = pg_temp.live_id('tor');
select is(
  (pg_temp.log('tor'))[2:],
  array['active>paused v2 by coordinator coordinator from day 0', 'paused>paused v3 by system - from day 0'],
  'who called an RPC is not credited with what comes after it in the transaction');
select pg_temp.violates(
  $$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('nobody'), 'paused') $$, '23503', 'pause_records_mentor_exists',
  'a record needs a mentor with a profile');

-- History is neither deleted nor rewritten.

delete from auth.users where id = pg_temp.id('una');
insert into public.status_discrepancies (mentor_id, kind) values (pg_temp.id('tor'), 'status_differs');
select pg_temp.holds('owner', statement, '23001', 'even its owner can''t ' || statement)
from unnest(array[
  'update public.pause_status_log set effective_on = effective_on',
  'delete from public.pause_status_log',
  'delete from public.pause_status_log where id < 0',
  'truncate public.pause_status_log',
  'delete from public.pause_records',
  'truncate public.pause_records',
  'delete from public.notifications',
  'truncate public.notifications',
  'delete from public.status_discrepancies',
  'truncate public.status_discrepancies',
  'update public.erasures set actor_id = null',
  'delete from public.erasures',
  'truncate public.erasures',
  'delete from public.profiles',
  'truncate public.profiles cascade',
  'merge into public.pause_status_log l using (select 1) x on l.mentor_id = pg_temp.id(''tor'') when matched then delete'
]) statement;
select pg_temp.holds('service_role', statement, '42501', 'service_role can''t ' || statement)
from unnest(array[
  'truncate public.pause_status_log',
  'truncate public.pause_records',
  'delete from public.pause_status_log',
  'delete from public.profiles',
  'truncate public.profiles cascade',
  'alter table public.pause_records disable trigger all',
  'set local session_replication_role = replica'
]) statement;

-- A certification is renewed by a new row, never prolonged.

select pg_temp.holds(actor, format($$update public.certifications set %s where mentor_id = pg_temp.id('kari')$$, change), '23001',
  format('%s can''t give a certification %s', actor, what))
from unnest(array['owner', 'service_role']) actor
cross join (values
  ('a later end', 'expires_on = expires_on + 1'),
  ('no end', 'expires_on = null'),
  ('another holder', 'mentor_id = pg_temp.id(''liv'')')
) c (what, change);
select pg_temp.use_role('service_role');
select lives_ok($$ update public.certifications set expires_on = pg_temp.today() - 1 where mentor_id = pg_temp.id('kari') $$,
  'a certification can be revoked early');
select throws_ok($$ update public.certifications set expires_on = pg_temp.today() where mentor_id = pg_temp.id('kari') $$, '23001', null,
  'and not be given back');
select lives_ok($$ insert into public.certifications (mentor_id, kind, issued_on, expires_on) values (pg_temp.id('kari'), 'basic course', pg_temp.today(), null) $$,
  'a renewal is a new row');
select pg_temp.sign_out();
select pg_temp.violates(
  $$ insert into public.certifications (mentor_id, kind, issued_on, expires_on) values (pg_temp.id('kari'), 'x', '2026-01-02', '2026-01-01') $$,
  '23514', 'certifications_expires_after_issue', 'a certification doesn''t end before it begins');

-- A person keeps their id: it is all that ties them to their history.

delete from public.chapter_memberships where user_id = pg_temp.id('per');
select pg_temp.holds(actor, $$update public.profiles set id = gen_random_uuid() where id = pg_temp.id('per')$$, '23001',
  format('%s can''t give a person another id', actor))
from unnest(array['owner', 'service_role']) actor;

-- One row each, at a time.

select pg_temp.violates(
  $$ insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('oslo'), pg_temp.id('kari'), 'mentor') $$,
  '23505', 'chapter_memberships_one_active', 'a person holds a role in a chapter once at a time');
select lives_ok(
  $$ insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
     values (pg_temp.id('oslo'), pg_temp.id('kari'), 'mentor', now() - interval '9 years', now() - interval '8 years') $$,
  'but may have held it before');
select pg_temp.violates(
  $$ insert into public.chapter_memberships (chapter_id, user_id, role) values (pg_temp.id('oslo'), pg_temp.id('kari'), 'owner') $$,
  '23514', 'chapter_memberships_role_known', 'and there are three roles');
select pg_temp.assign('kari', 'coordinator');
select pg_temp.violates(
  $$ insert into public.coordinator_assignments (mentor_id, coordinator_id) values (pg_temp.id('kari'), pg_temp.id('coordinator')) $$,
  '23505', 'coordinator_assignments_one_open', 'a coordinator is assigned to a mentor once at a time');
select pg_temp.violates(
  $$ insert into private.settings (cursor_key) values (sha256('x')) $$, '23505', 'settings_pkey', 'there is one row of settings');
select throws_ok(
  $$ update private.settings set time_zone = 'Europe/Olso' $$, '22023', null, 'whose time zone exists');

select * from finish();
rollback;
