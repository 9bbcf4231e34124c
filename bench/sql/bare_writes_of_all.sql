-- What our design writes for a pause and a reactivation, all of it: the record, its
-- log, the outbox, the stored answer, the change of the counts, the mentor's place in
-- the order of the screen and what was known when, each in a transaction of its own.
-- Nothing else, as in bare_writes.sql; the same variables.

\if :step % 10 = 0
\set n (:client_id + :clients * (:step / 10)) % (:mentors - :mentors % :clients)
select m.id as mentor from bench.mentors m where m.n = :n \gset
\endif
\set step :step + 1

\startpipeline
insert into bench.pause_records (mentor_id, status, pause_reason, paused_at, coordinator_id, effective_on)
values (:mentor::uuid, 'paused', 'Permisjon i forbindelse med eksamen og flytting', now(), :coordinator::uuid, current_date);
insert into bench.pause_status_log
	(pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on)
values (gen_random_uuid(), :mentor::uuid, 'active', 'paused', :coordinator::uuid, 'coordinator', 1, current_date);
insert into bench.notifications (mentor_id, audience, kind, pause_record_id, record_version)
values (:mentor::uuid, 'coordinator', 'mentor_paused', gen_random_uuid(), 1),
	(:mentor::uuid, 'mentor', 'mentor_paused', gen_random_uuid(), 1);
insert into bench.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
values (:coordinator::uuid, gen_random_uuid(), sha256('pause_mentor'), :mentor::uuid, jsonb_build_object('pause_record',
	jsonb_build_object('id', gen_random_uuid(), 'mentor_id', :mentor::uuid, 'status', 'paused',
		'pause_reason', 'Permisjon i forbindelse med eksamen og flytting', 'expected_return_date', null,
		'paused_at', now(), 'reactivated_at', null, 'coordinator_id', :coordinator::uuid, 'version', 1,
		'created_at', now(), 'updated_at', now())));
insert into bench.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until)
values (1, 1, 'pause', '-infinity', 'infinity', current_date + 365);
update bench.roster_places set is_paused = true where mentor_id = :mentor::uuid;
insert into bench.recorded_pauses (mentor_id, id, paused_at, recorded_at, recorded_by, command)
values (:mentor::uuid, gen_random_uuid(), now(), clock_timestamp(), :coordinator::uuid, 'pause_mentor');
\endpipeline

\startpipeline
update bench.pause_records
set status = 'active', reactivated_at = now(), coordinator_id = :coordinator::uuid, effective_on = current_date,
	version = version + 1, updated_at = now()
where mentor_id = :mentor::uuid and status in ('paused', 'expired_cert');
insert into bench.pause_status_log
	(pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on)
values (gen_random_uuid(), :mentor::uuid, 'paused', 'active', :coordinator::uuid, 'coordinator', 2, current_date);
insert into bench.notifications (mentor_id, audience, kind, pause_record_id, record_version)
values (:mentor::uuid, 'coordinator', 'mentor_reactivated', gen_random_uuid(), 2),
	(:mentor::uuid, 'mentor', 'mentor_reactivated', gen_random_uuid(), 2);
insert into bench.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
values (:coordinator::uuid, gen_random_uuid(), sha256('pause_mentor'), :mentor::uuid, jsonb_build_object('pause_record',
	jsonb_build_object('id', gen_random_uuid(), 'mentor_id', :mentor::uuid, 'status', 'active',
		'pause_reason', 'Permisjon i forbindelse med eksamen og flytting', 'expected_return_date', null,
		'paused_at', now(), 'reactivated_at', now(), 'coordinator_id', :coordinator::uuid, 'version', 2,
		'created_at', now(), 'updated_at', now())));
insert into bench.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until)
values (1, -1, 'pause', '-infinity', 'infinity', current_date + 365);
update bench.roster_places set is_paused = false where mentor_id = :mentor::uuid;
insert into bench.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
values (:mentor::uuid, gen_random_uuid(), now(), now(), clock_timestamp(), :coordinator::uuid, 'reactivate_mentor');
\endpipeline
