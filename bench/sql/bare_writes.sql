-- What any design writes for a pause and a reactivation: the record, its log, the
-- outbox, each in a transaction of its own. No function, no check of who may or
-- of what was, no trigger, no RLS, no answer. Run as postgres after
-- prepare_transitions.sql; variables: coordinator, mentors (rows of
-- bench.mentors), clients (as -c), step (0).

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
\endpipeline
