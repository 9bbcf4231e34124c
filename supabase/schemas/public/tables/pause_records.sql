CREATE TABLE "public"."pause_records" (
  "id"                   uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "mentor_id"            uuid                     NOT NULL,
  "status"               text                     NOT NULL,
  "pause_reason"         text,
  "expected_return_date" date,
  "paused_at"            timestamp with time zone,
  "reactivated_at"       timestamp with time zone,
  "coordinator_id"       uuid,
  "version"              integer                  NOT NULL DEFAULT 1,
  "first_version"        integer,
  "effective_on"         date,
  "certification_kind"   text,
  "planned_pause_id"     uuid,
  "open_since"           date,
  "created_at"           timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "updated_at"           timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "pause_records_closed_has_end" CHECK (((status = 'active'::text) = (reactivated_at IS NOT NULL))),
  CONSTRAINT "pause_records_created_at_possible" CHECK (((created_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "pause_records_effective_on_possible" CHECK (((effective_on >= '1900-01-01'::date) AND (effective_on <= '9999-12-31'::date))),
  CONSTRAINT "pause_records_ends_after_start" CHECK ((reactivated_at >= paused_at)),
  CONSTRAINT "pause_records_expected_return_date_possible" CHECK (((expected_return_date >= '1900-01-01'::date) AND (expected_return_date <= '9999-12-31'::date))),
  CONSTRAINT "pause_records_open_since_possible" CHECK (((open_since >= '1900-01-01'::date) AND (open_since <= '9999-12-31'::date))),
  CONSTRAINT "pause_records_paused_at_possible" CHECK (((paused_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (paused_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "pause_records_paused_since" CHECK (((status <> 'paused'::text) OR (paused_at IS NOT NULL))),
  CONSTRAINT "pause_records_pkey" PRIMARY KEY (id),
  CONSTRAINT "pause_records_reactivated_at_possible" CHECK (((reactivated_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (reactivated_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "pause_records_reason_length" CHECK (((char_length(pause_reason) >= 1) AND (char_length(pause_reason) <= 500))),
  CONSTRAINT "pause_records_status_known" CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'expired_cert'::text]))),
  CONSTRAINT "pause_records_updated_at_possible" CHECK (((updated_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "pause_records_version_positive" CHECK ((version >= 1)),
  CONSTRAINT "pause_records_versions_in_order" CHECK (((first_version >= 1) AND (first_version <= version))),
  CONSTRAINT "pause_records_reason_visible" CHECK (private.is_visible(pause_reason))
);

ALTER TABLE "public"."pause_records"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX pause_records_by_mentor ON public.pause_records USING btree (mentor_id, VERSION);

CREATE UNIQUE INDEX pause_records_by_plan ON public.pause_records USING btree (planned_pause_id)
  WHERE (planned_pause_id IS NOT NULL);

CREATE INDEX pause_records_by_return ON public.pause_records USING btree (expected_return_date, mentor_id)
  WHERE ((status = ANY (ARRAY['paused'::text, 'expired_cert'::text])) AND (expected_return_date IS NOT NULL));

CREATE UNIQUE INDEX pause_records_one_live_per_mentor ON public.pause_records USING btree (mentor_id)
  WHERE (status = ANY (ARRAY['paused'::text, 'expired_cert'::text]));

CREATE INDEX pause_records_open_ended ON public.pause_records USING btree (open_since, mentor_id)
  WHERE ((status = ANY (ARRAY['paused'::text, 'expired_cert'::text])) AND (expected_return_date IS NULL) AND (open_since IS NOT NULL));

CREATE TRIGGER pause_records_guard_birth
  BEFORE INSERT ON public.pause_records
  FOR EACH ROW
  WHEN
    (((new.first_version IS DISTINCT FROM new.version) OR (COALESCE(current_setting('mentorpause.actor_kind'::text, true), ''::text) = ''::text) OR ((new.status = 'paused'::text)
    AND (new.paused_at IS NULL)) OR ((new.status = 'active'::text) AND (new.reactivated_at IS NULL))))
  EXECUTE FUNCTION private.guard_pause_record();

CREATE TRIGGER pause_records_guard_transition
  BEFORE UPDATE ON public.pause_records
  FOR EACH ROW
  EXECUTE FUNCTION private.guard_pause_record();

CREATE TRIGGER pause_records_record_insert
  AFTER INSERT ON public.pause_records REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.record_pause_changes();

CREATE TRIGGER pause_records_record_update
  AFTER UPDATE ON public.pause_records REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.record_pause_changes();

CREATE TRIGGER pause_records_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.pause_records
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Close the record by reactivating the mentor.');

CREATE TRIGGER pause_records_set_updated_at
  BEFORE UPDATE ON public.pause_records
  FOR EACH ROW
  WHEN ((new.version <> old.version))
  EXECUTE FUNCTION private.set_updated_at();

CREATE POLICY "select_own_and_managed" ON "public"."pause_records"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR ((EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = pause_records.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) AND
    ((pause_records.status = 'active'::text) OR (m.started_at <= COALESCE(pause_records.paused_at, pause_records.created_at)) OR private.is_of_this_time(pause_records.mentor_id,
    COALESCE(pause_records.paused_at, pause_records.created_at)))))) AND ((status <> 'active'::text) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = pause_records.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= pause_records.reactivated_at) AND ((m.ended_at IS NULL) OR (m.ended_at >=
    pause_records.reactivated_at)) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])))))))));

COMMENT ON COLUMN "public"."pause_records"."certification_kind" IS 'The code of the kind that expired, was missing, or was renewed when the status last became or ceased to be expired_cert. Null: none, or none in particular.';

COMMENT ON COLUMN "public"."pause_records"."coordinator_id" IS 'The coordinator who last managed the status; null: none has, the mentor did where requests take effect at once. Grants nothing.';

COMMENT ON COLUMN "public"."pause_records"."effective_on" IS 'The day from which this version counts, which a late nightly run finds after the fact. Null: the day of the change.';

COMMENT ON COLUMN "public"."pause_records"."expected_return_date" IS 'When the mentor is expected back; null: open.';

COMMENT ON COLUMN "public"."pause_records"."first_version" IS 'The version with which this record began: what its log has to begin with.';

COMMENT ON COLUMN "public"."pause_records"."open_since" IS 'Since when the pause has had no return date: its first day, or the day on which the date was taken away. Null: it has one, or there is no pause.';

COMMENT ON COLUMN "public"."pause_records"."pause_reason" IS 'May be health data: for the mentor and those who manage them, never in a message, a log line or an export.';

COMMENT ON COLUMN "public"."pause_records"."paused_at" IS 'When a coordinator paused: the pause fact. For a record that begins as paused it defaults to now. Null while only an expired certification holds the record open.';

COMMENT ON COLUMN "public"."pause_records"."planned_pause_id" IS 'The plan that this pause was; null: it was not planned.';

COMMENT ON COLUMN "public"."pause_records"."reactivated_at" IS 'When the record was closed; null while it is live.';

COMMENT ON COLUMN "public"."pause_records"."status" IS 'As last brought up to date. What a reader is shown follows from the facts on the as-of date.';

COMMENT ON COLUMN "public"."pause_records"."version" IS 'Counts the changes of the mentor''s records, from 1 and on from record to record, so that it names one state of one mentor; the log has one row for each.';

COMMENT ON INDEX "public"."pause_records_by_return" IS 'The nightly run looks only at returns that are due on the days it covers.';

COMMENT ON INDEX "public"."pause_records_one_live_per_mentor" IS 'A mentor is away at most once at a time: at most one record that is paused or expired_cert.';

COMMENT ON INDEX "public"."pause_records_open_ended" IS 'The nightly run looks only at those of whom it is to be reminded on the days it covers.';

COMMENT ON TABLE "public"."pause_records" IS 'One absence from duty, from leaving the status active until returning to it. Written by the RPCs alone; a closed record never changes.';

REVOKE ALL ON TABLE "public"."pause_records" FROM "authenticated";

GRANT SELECT ON TABLE "public"."pause_records" TO "authenticated";

REVOKE ALL ON TABLE "public"."pause_records" FROM "service_role";

GRANT SELECT ON TABLE "public"."pause_records" TO "service_role";

REVOKE ALL ON TABLE "public"."pause_records" FROM "anon";
