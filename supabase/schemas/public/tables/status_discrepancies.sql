CREATE TABLE "public"."status_discrepancies" (
  "id"              bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "mentor_id"       uuid                     NOT NULL,
  "kind"            text                     NOT NULL,
  "found_at"        timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "acknowledged_at" timestamp with time zone,
  "pause_record_id" uuid,
  "log_id"          bigint,
  CONSTRAINT "status_discrepancies_kind_known"
    CHECK
    ((kind = ANY (ARRAY['log_missing'::text, 'version_missing'::text, 'version_repeated'::text, 'version_ahead'::text, 'status_differs'::text, 'record_missing'::text,
    'stretches_overlap'::text]))),
  CONSTRAINT "status_discrepancies_pkey" PRIMARY KEY (id)
);

ALTER TABLE "public"."status_discrepancies"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX status_discrepancies_open ON public.status_discrepancies USING btree (mentor_id)
  WHERE (acknowledged_at IS NULL);

CREATE UNIQUE INDEX status_discrepancies_reported_once ON public.status_discrepancies USING btree (pause_record_id, kind, log_id) NULLS NOT DISTINCT
  WHERE (kind = ANY (ARRAY['version_repeated'::text, 'version_ahead'::text, 'stretches_overlap'::text]));

CREATE TRIGGER status_discrepancies_note_unacknowledged_insert
  AFTER INSERT ON public.status_discrepancies
  FOR EACH ROW
  WHEN ((new.acknowledged_at IS NULL))
  EXECUTE FUNCTION private.note_unacknowledged();

CREATE TRIGGER status_discrepancies_note_unacknowledged_update
  AFTER UPDATE ON public.status_discrepancies
  FOR EACH ROW
  WHEN (((old.acknowledged_at IS NULL) <> (new.acknowledged_at IS NULL)))
  EXECUTE FUNCTION private.note_unacknowledged();

CREATE TRIGGER status_discrepancies_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.status_discrepancies
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Acknowledge the discrepancy instead.');

CREATE POLICY "select_administered" ON "public"."status_discrepancies"
  FOR SELECT
  TO "authenticated"
  USING ((( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = status_discrepancies.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[]))))) OR
    (mentor_id = ANY (( SELECT private.my_former_mentor_ids() AS my_former_mentor_ids)::uuid[]))));

COMMENT ON COLUMN "public"."status_discrepancies"."kind" IS 'log_missing: a record without log · version_missing: a gap in it · version_repeated, version_ahead: a row too many · status_differs: the log ends with another status · record_missing: log rows without a record · stretches_overlap: two records of one mentor at the same time.';

COMMENT ON COLUMN "public"."status_discrepancies"."log_id" IS 'The log row: the surplus one, or the last one at that time.';

COMMENT ON COLUMN "public"."status_discrepancies"."pause_record_id" IS 'The record, or the id that log rows without one name.';

COMMENT ON INDEX "public"."status_discrepancies_reported_once" IS 'What appending can''t repair is reported once.';

COMMENT ON TABLE "public"."status_discrepancies" IS 'Differences between status and log that the nightly run found and, where it could, repaired; counted in the roster until acknowledged.';

REVOKE ALL ON TABLE "public"."status_discrepancies" FROM "authenticated";

GRANT SELECT ON TABLE "public"."status_discrepancies" TO "authenticated";

REVOKE ALL ON TABLE "public"."status_discrepancies" FROM "service_role";

GRANT SELECT ON TABLE "public"."status_discrepancies" TO "service_role";

REVOKE ALL ON TABLE "public"."status_discrepancies" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."status_discrepancies_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."status_discrepancies_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."status_discrepancies_id_seq" FROM "service_role";
