-- The eight cases that the pause records have to show, numbered.
begin;
\ir _fixtures.psql

select plan(39);

select pg_temp.add_chapter('oslo');
select pg_temp.add_chapter('bergen');
select pg_temp.add_coordinator('coordinator', 'oslo');
select pg_temp.add_coordinator('bergen coordinator', 'bergen');
select pg_temp.add_mentor('mentor', 'oslo');
select pg_temp.add_mentor('other mentor', 'oslo');
select pg_temp.add_mentor('bergen mentor', 'bergen');

-- (1)

select lives_ok(
  $$ insert into public.pause_records (id, mentor_id, status, pause_reason, expected_return_date, coordinator_id)
     values (pg_temp.id('record'), pg_temp.id('mentor'), 'paused', 'Ny jobb', pg_temp.today() + 30, pg_temp.id('coordinator')) $$,
  '(1) a record with all required fields is inserted');
select is(
  (select to_jsonb(r) - '{paused_at,created_at,updated_at}'::text[] from public.pause_records r where r.id = pg_temp.id('record')),
  jsonb_build_object(
    'id', pg_temp.id('record'), 'mentor_id', pg_temp.id('mentor'), 'status', 'paused', 'pause_reason', 'Ny jobb',
    'expected_return_date', pg_temp.today() + 30, 'reactivated_at', null, 'coordinator_id', pg_temp.id('coordinator'),
    'version', 1, 'first_version', 1, 'effective_on', null, 'certification_kind', null, 'planned_pause_id', null, 'open_since', null),
  '(1) it holds what was given, in version 1');
select ok(
  (select r.paused_at between now() and clock_timestamp() and r.created_at between now() and clock_timestamp()
      and r.updated_at between now() and clock_timestamp()
   from public.pause_records r where r.id = pg_temp.id('record')),
  '(1) paused_at, created_at and updated_at default to the moment of the entry');
select lives_ok(
  $$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('other mentor'), 'paused') $$,
  '(1) reason, return date and coordinator are not required');
select throws_ok(
  $$ insert into public.pause_records (status) values ('paused') $$, '23502', null,
  '(1) the mentor is required');
select throws_ok(
  $$ insert into public.pause_records (mentor_id) values (pg_temp.id('bergen mentor')) $$, '23502', null,
  '(1) the status is required');
select pg_temp.violates(
  $$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('nobody'), 'paused') $$,
  '23503', 'pause_records_mentor_exists',
  '(1) the mentor has to exist');

-- (2)

select pg_temp.violates(
  format($$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('bergen mentor'), %L) $$, status),
  '23514', 'pause_records_status_known',
  format('(2) status %L fails the check constraint', status))
from unnest(array['inactive', 'Paused', 'paused ', '']) status;
select pg_temp.violates(
  $$ update public.pause_records set status = 'retired' where id = pg_temp.id('record') $$,
  '23514', 'pause_records_status_known',
  '(2) an update to an invalid status fails it too');

-- (3)

select pg_temp.violates(
  $$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('mentor'), 'paused') $$,
  '23505', 'pause_records_one_live_per_mentor',
  '(3) a second paused record fails the partial unique index');
select pg_temp.violates(
  $$ insert into public.pause_records (mentor_id, status) values (pg_temp.id('mentor'), 'expired_cert') $$,
  '23505', 'pause_records_one_live_per_mentor',
  '(3) an expired_cert record beside a paused one fails it');
select lives_ok(
  $$ insert into public.pause_records (id, mentor_id, status, paused_at, reactivated_at)
     values (pg_temp.id('closed'), pg_temp.id('mentor'), 'active', now() - interval '9 days', now() - interval '2 days') $$,
  '(3) a closed record beside a live one is fine');
select lives_ok(
  $$ insert into public.pause_records (id, mentor_id, status, paused_at, reactivated_at)
     values (pg_temp.id('closed too'), pg_temp.id('mentor'), 'active', now() - interval '20 days', now() - interval '12 days') $$,
  '(3) and any number of closed ones');
select lives_ok(
  $$ insert into public.pause_records (id, mentor_id, status) values (pg_temp.id('bergen record'), pg_temp.id('bergen mentor'), 'expired_cert') $$,
  '(3) another mentor may be away at the same time');
select is(
  (select pg_get_expr(i.indpred, i.indrelid) || ' unique ' || i.indisunique || ' on ' || pg_get_indexdef(i.indexrelid, 1, true)
   from pg_index i where i.indexrelid = to_regclass('public.pause_records_one_live_per_mentor')),
  $$(status = ANY (ARRAY['paused'::text, 'expired_cert'::text])) unique true on mentor_id$$,
  '(3) the index covers exactly the live records');

-- (4)

select pg_temp.sign_in('mentor');
select results_eq(
  'select id from public.pause_records order by paused_at desc',
  array[pg_temp.id('record'), pg_temp.id('closed'), pg_temp.id('closed too')],
  '(4) a mentor''s JWT reads the own records, live and closed');
select is_empty(
  $$ select 1 from public.pause_records where mentor_id = pg_temp.id('other mentor') $$,
  '(4) but not another mentor''s of the same chapter');
select is_empty(
  $$ select 1 from public.pause_records where id = pg_temp.id('bergen record') $$,
  '(4) nor one of another chapter');
select pg_temp.sign_in('other mentor');
select is_empty(
  $$ select 1 from public.pause_records where mentor_id <> pg_temp.id('other mentor') $$,
  '(4) and the other mentor reads nobody else''s either');

-- (5)

select pg_temp.sign_in('coordinator');
select results_eq(
  'select distinct mentor_id from public.pause_records order by 1',
  array(select i from unnest(array[pg_temp.id('mentor'), pg_temp.id('other mentor')]) i order by i),
  '(5) a coordinator''s JWT reads the records of the mentors of their chapter and no others');
select is_empty(
  $$ select 1 from public.pause_records where id = pg_temp.id('bergen record') $$,
  '(5) another chapter''s record is not there, even by its id');
select pg_temp.sign_in('bergen coordinator');
select results_eq(
  'select id from public.pause_records', array[pg_temp.id('bergen record')],
  '(5) the other chapter''s coordinator reads that one alone');
select pg_temp.sign_out();
update public.chapter_memberships set ended_at = now()
where id = pg_temp.id('bergen coordinator coordinator in bergen');
select pg_temp.sign_in('bergen coordinator');
select is_empty('select 1 from public.pause_records', '(5) and nothing as soon as the membership has ended');
select pg_temp.sign_out();

-- (6)

select pg_temp.sign_in('mentor');
select throws_ok(
  $$ update public.pause_records set status = 'active', reactivated_at = now() where id = pg_temp.id('record') $$,
  '42501', null, '(6) a mentor''s JWT can''t update the status of the own record');
select throws_ok(
  $$ update public.pause_records set status = status $$,
  '42501', null, '(6) not even to what it is');
select pg_temp.sign_in('coordinator');
select throws_ok(
  $$ update public.pause_records set status = 'active', reactivated_at = now() where id = pg_temp.id('record') $$,
  '42501', null, '(6) nor can a coordinator''s, because there is an RPC for that');
select pg_temp.sign_out();
select is(
  (select format('%s v%s %s', r.status, r.version, r.reactivated_at is null) from public.pause_records r where r.id = pg_temp.id('record')),
  'paused v1 t', '(6) the row is unchanged, as the owner sees it');
select is(
  (select count(*) from public.pause_status_log l where l.pause_record_id = pg_temp.id('record')), 1::bigint,
  '(6) and the log has nothing but its beginning');

-- (7)

create temporary table before_change as select * from public.pause_records;
update public.pause_records set expected_return_date = pg_temp.today() + 60, updated_at = 'epoch' where id = pg_temp.id('record');
select ok(
  (select r.updated_at > now() from public.pause_records r where r.id = pg_temp.id('record')),
  '(7) the trigger sets updated_at to the moment of the change, whatever the statement says');
select ok(
  (select (r.created_at, r.paused_at) = (b.created_at, b.paused_at)
   from public.pause_records r join before_change b on b.id = r.id where r.id = pg_temp.id('record')),
  '(7) and leaves created_at and paused_at alone');
select ok(
  (select r.updated_at = b.updated_at
   from public.pause_records r join before_change b on b.id = r.id where r.id = pg_temp.id('bergen record')),
  '(7) a record that was not updated keeps its date');

-- (8) The rollbacks themselves run outside of the database, where the catalogue
-- before all migrations is compared with the one after all rollbacks. That this
-- comparison can see everything is said here: every object is postgres's, in
-- public or private, apart from two triggers on auth.users.

create temporary view ours as
  select 'pg_class'::regclass as classid, c.oid as objid, c.relowner as owner, c.relnamespace as namespace, c.oid::regclass::text as name
  from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  union all
  select 'pg_proc'::regclass, p.oid, p.proowner, p.pronamespace, p.oid::regprocedure::text from pg_proc p
  union all
  select 'pg_type'::regclass, t.oid, t.typowner, t.typnamespace, t.oid::regtype::text from pg_type t
  where t.typtype in ('d', 'e', 'r');

select ok(
  (select count(*) > 40 from ours o where o.namespace in ('public'::regnamespace, 'private'::regnamespace)),
  '(8) the tables, sequences and functions are in public and private');
select is_empty(
  $$ select o.name, o.owner::regrole from ours o
     where o.namespace in ('public'::regnamespace, 'private'::regnamespace) and o.owner <> 'postgres'::regrole
       and not exists (select from pg_depend d where d.classid = o.classid and d.objid = o.objid and d.deptype = 'e') $$,
  '(8) each belongs to postgres');
select is(
  (select n.nspowner::regrole::text from pg_namespace n where n.nspname = 'private'), 'postgres',
  '(8) and so does the schema private');
select results_eq(
  $$ select format('%s on %s', t.tgname, t.tgrelid::regclass) collate "default"
     from pg_trigger t
     join pg_class c on c.oid = t.tgrelid
     join pg_proc p on p.oid = t.tgfoid
     where not t.tgisinternal
       and c.relnamespace not in ('public'::regnamespace, 'private'::regnamespace)
       and p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by 1 $$,
  array['mentorpause_erase_deleted_user on auth.users', 'mentorpause_erase_soft_deleted_user on auth.users'],
  '(8) two triggers on auth.users run functions of ours, nothing else outside does');
select is_empty(
  $$ select d.classid::regclass, d.objid
     from pg_depend d
     join ours theirs on theirs.classid = d.classid and theirs.objid = d.objid
     join ours mine on mine.classid = d.refclassid and mine.objid = d.refobjid
     where mine.namespace in ('public'::regnamespace, 'private'::regnamespace)
       and theirs.namespace not in ('public'::regnamespace, 'private'::regnamespace) $$,
  '(8) no object elsewhere depends on one of ours');

select * from finish();
rollback;
