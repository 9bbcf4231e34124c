CREATE TABLE "public"."notifications" (
  "id"                 uuid
    NOT NULL DEFAULT
    (OVERLAY(OVERLAY((gen_random_uuid())::text PLACING '7'::text FROM 15) PLACING OVERLAY(lpad(to_hex(((date_part('epoch'::text, clock_timestamp()) * (1000)::double
    precision))::bigint), 12, '0'::text) PLACING '-'::text FROM 9 FOR 0) FROM 1 FOR 13))::uuid,
  "mentor_id"          uuid,
  "audience"           text                     NOT NULL,
  "kind"               text                     NOT NULL,
  "state"              text                     NOT NULL DEFAULT 'pending'::text,
  "pause_record_id"    uuid,
  "record_version"     integer,
  "created_at"         timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "acknowledged_at"    timestamp with time zone,
  "reminder"           text,
  "reference_on"       date,
  "certification_kind" text,
  "planned_pause_id"   uuid,
  "leave_request_id"   uuid,
  "due_at"             timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "claim"              uuid,
  "claims"             integer                  NOT NULL DEFAULT 0,
  "queued_at"          timestamp with time zone,
  CONSTRAINT "notifications_about_somebody" CHECK (((mentor_id IS NULL) = (kind = ANY (ARRAY['several_paused'::text, 'weekly_digest'::text])))),
  CONSTRAINT "notifications_audience_known" CHECK ((audience = ANY (ARRAY['coordinator'::text, 'mentor'::text, 'administrator'::text]))),
  CONSTRAINT "notifications_kind_known"
    CHECK
    ((kind = ANY (ARRAY['mentor_paused'::text, 'mentor_reactivated'::text, 'certification_expired'::text, 'certification_restored'::text, 'certification_expiring'::text,
    'return_due'::text,
    'return_overdue'::text,
    'return_changed'::text,
    'pause_open_ended'::text,
    'pause_planned'::text, 'pause_cancelled'::text, 'leave_requested'::text, 'leave_answered'::text, 'discrepancy_found'::text, 'several_paused'::text, 'weekly_digest'::text]))),
  CONSTRAINT "notifications_pkey" PRIMARY KEY (id),
  CONSTRAINT "notifications_reference_on_possible" CHECK (((reference_on >= '1900-01-01'::date) AND (reference_on <= '9999-12-31'::date))),
  CONSTRAINT "notifications_reminder_has_date" CHECK (((reminder IS NULL) OR (reference_on IS NOT NULL))),
  CONSTRAINT "notifications_reminder_known"
    CHECK
    (((reminder = ANY (ARRAY['certification_in_30_days'::text, 'certification_in_7_days'::text, 'return_in_7_days'::text, 'return_today'::text])) OR (reminder ~
    '^(return_[0-9]+_days_ago|open_for_[0-9]+_days)$'::text))),
  CONSTRAINT "notifications_state_known" CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'undeliverable'::text, 'settled'::text]))),
  CONSTRAINT "notifications_undeliverable_has_mentor" CHECK (((state <> 'undeliverable'::text) OR (mentor_id IS NOT NULL)))
);

ALTER TABLE "public"."notifications"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX notifications_by_plan ON public.notifications USING btree (planned_pause_id)
  WHERE (planned_pause_id IS NOT NULL);

CREATE INDEX notifications_due ON public.notifications USING btree (due_at)
  WHERE (state = 'pending'::text);

CREATE UNIQUE INDEX notifications_reminder_once ON public.notifications USING btree (mentor_id, reminder, reference_on, audience, certification_kind) NULLS NOT DISTINCT
  WHERE (reminder IS NOT NULL);

CREATE INDEX notifications_unacknowledged ON public.notifications USING btree (mentor_id)
  WHERE ((state = 'undeliverable'::text) AND (acknowledged_at IS NULL));

CREATE TRIGGER notifications_note_undeliverable_insert
  AFTER INSERT ON public.notifications
  FOR EACH ROW
  WHEN (((new.state = 'undeliverable'::text) AND (new.acknowledged_at IS NULL)))
  EXECUTE FUNCTION private.note_unacknowledged();

CREATE TRIGGER notifications_note_undeliverable_update
  AFTER UPDATE ON public.notifications
  FOR EACH ROW
  WHEN ((((old.state = 'undeliverable'::text) AND (old.acknowledged_at IS NULL)) IS DISTINCT FROM ((new.state = 'undeliverable'::text) AND (new.acknowledged_at IS NULL))))
  EXECUTE FUNCTION private.note_unacknowledged();

CREATE TRIGGER notifications_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.notifications
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Acknowledge the notification instead.');

CREATE POLICY "select_undeliverable" ON "public"."notifications"
  FOR SELECT
  TO "authenticated"
  USING (((state = 'undeliverable'::text) AND (( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR ((EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = notifications.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[]))))) AND (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = notifications.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= notifications.created_at) AND ((m.ended_at IS NULL) OR (m.ended_at >=
    notifications.created_at)) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])))))) OR
    (mentor_id = ANY (( SELECT private.my_former_mentor_ids() AS my_former_mentor_ids)::uuid[])))));

COMMENT ON COLUMN "public"."notifications"."certification_kind" IS 'The code of the kind of certification that it is about. Null: of none, or of none in particular.';

COMMENT ON COLUMN "public"."notifications"."claim" IS 'The claim that holds it: only the dispatcher that claimed it last may record the outcome. Null: nobody holds it.';

COMMENT ON COLUMN "public"."notifications"."claims" IS 'How often it was claimed since an outcome was last recorded for it. After too many it ends: whatever kept the outcome from being recorded would do so for ever.';

COMMENT ON COLUMN "public"."notifications"."due_at" IS 'When a pending one is next to be dispatched. A claim moves it to the end of its lease, so that what a dispatcher lost becomes due again by itself; a failed e-mail moves it to the next attempt.';

COMMENT ON COLUMN "public"."notifications"."leave_request_id" IS 'The leave request that it is about; null: none.';

COMMENT ON COLUMN "public"."notifications"."mentor_id" IS 'The mentor whom it is about; null: it is about several; private.notification_mentors, or the recipient''s list when it is written, says about whom.';

COMMENT ON COLUMN "public"."notifications"."pause_record_id" IS 'The record whose change this announces; null when it is not about a record.';

COMMENT ON COLUMN "public"."notifications"."planned_pause_id" IS 'The plan that it is about; null: none.';

COMMENT ON COLUMN "public"."notifications"."queued_at" IS 'When it was last given to the dispatcher again; null: never.';

COMMENT ON COLUMN "public"."notifications"."record_version" IS 'The version that the change made, of the record or of the plan.';

COMMENT ON COLUMN "public"."notifications"."reference_on" IS 'The date it refers to: the last day of a certification, the first day of a plan or of the pause that is asked for, since when a pause has had no return date, or the expected return (null: taken away). A renewal or a new return date is another date, and so is reminded of again.';

COMMENT ON COLUMN "public"."notifications"."reminder" IS 'Which reminder this is; null when it announces a change.';

COMMENT ON COLUMN "public"."notifications"."state" IS 'pending: to be dispatched · delivered: in somebody''s inbox, and each e-mail sent or given up · undeliverable: nobody could be given it · settled: no longer true when it was to be dispatched, or about a person who was erased.';

COMMENT ON INDEX "public"."notifications_due" IS 'What the dispatcher claims, in that order; delivered rows do not slow it down.';

COMMENT ON INDEX "public"."notifications_reminder_once" IS 'Each reminder goes out once per mentor, kind of certification and reference date.';

COMMENT ON TABLE "public"."notifications" IS 'The outbox: one row per event and audience, written in the transition''s own transaction. Recipients are looked up when it is dispatched.';

REVOKE ALL ON TABLE "public"."notifications" FROM "authenticated";

GRANT SELECT ON TABLE "public"."notifications" TO "authenticated";

REVOKE ALL ON TABLE "public"."notifications" FROM "service_role";

GRANT SELECT ON TABLE "public"."notifications" TO "service_role";

REVOKE ALL ON TABLE "public"."notifications" FROM "anon";
