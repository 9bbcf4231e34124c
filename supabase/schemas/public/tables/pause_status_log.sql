CREATE TABLE "public"."pause_status_log" (
  "id"                 bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "pause_record_id"    uuid                     NOT NULL,
  "mentor_id"          uuid                     NOT NULL,
  "from_status"        text                     NOT NULL,
  "to_status"          text                     NOT NULL,
  "actor_id"           uuid,
  "actor_kind"         text                     NOT NULL,
  "record_version"     integer                  NOT NULL,
  "effective_on"       date                     NOT NULL,
  "certification_kind" text,
  "occurred_at"        timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "pause_status_log_actor_known" CHECK ((actor_kind = ANY (ARRAY['coordinator'::text, 'mentor'::text, 'scheduler'::text, 'reconciler'::text, 'system'::text]))),
  CONSTRAINT "pause_status_log_effective_on_possible" CHECK (((effective_on >= '1900-01-01'::date) AND (effective_on <= '9999-12-31'::date))),
  CONSTRAINT "pause_status_log_from_known" CHECK ((from_status = ANY (ARRAY['active'::text, 'paused'::text, 'expired_cert'::text]))),
  CONSTRAINT "pause_status_log_pkey" PRIMARY KEY (id),
  CONSTRAINT "pause_status_log_to_known" CHECK ((to_status = ANY (ARRAY['active'::text, 'paused'::text, 'expired_cert'::text])))
);

ALTER TABLE "public"."pause_status_log"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX pause_status_log_by_mentor ON public.pause_status_log USING btree (mentor_id, occurred_at, id);

CREATE INDEX pause_status_log_by_record ON public.pause_status_log USING btree (pause_record_id, record_version);

CREATE TRIGGER pause_status_log_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON public.pause_status_log
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The log is append-only.');

CREATE POLICY "select_own_and_managed" ON "public"."pause_status_log"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR ((EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = pause_status_log.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[]))))) AND (((to_status <> 'active'::text) AND (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = pause_status_log.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= pause_status_log.occurred_at) AND ((m.ended_at IS NULL) OR (m.ended_at >=
    pause_status_log.occurred_at)) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) AND
    ((m.ended_at <= statement_timestamp()) OR (EXISTS ( SELECT
           FROM public.pause_records r
          WHERE (r.id = pause_status_log.pause_record_id)))))))) OR ((to_status = 'active'::text) AND (EXISTS ( SELECT
   FROM public.pause_records r
  WHERE ((r.id = pause_status_log.pause_record_id) AND (r.version = pause_status_log.record_version) AND (r.status = 'active'::text)))))))));

COMMENT ON COLUMN "public"."pause_status_log"."actor_id" IS 'Who did it, for a person; null for the system.';

COMMENT ON COLUMN "public"."pause_status_log"."actor_kind" IS 'coordinator: by RPC · mentor: by a request that took effect at once · scheduler: the nightly run · reconciler: its repair of the log · system: the database bringing the status in line with the facts.';

COMMENT ON COLUMN "public"."pause_status_log"."certification_kind" IS 'The code of the kind that expired, was missing, or was renewed. Null: the change is not about one.';

COMMENT ON COLUMN "public"."pause_status_log"."effective_on" IS 'The day from which the status counts.';

COMMENT ON COLUMN "public"."pause_status_log"."from_status" IS 'The status before; active for a record''s first version.';

COMMENT ON COLUMN "public"."pause_status_log"."occurred_at" IS 'When it was written; never before the row that it follows.';

COMMENT ON TABLE "public"."pause_status_log" IS 'Append-only: one row for each version of each pause record, amendments included, written by the database itself.';

REVOKE ALL ON TABLE "public"."pause_status_log" FROM "authenticated";

GRANT SELECT ON TABLE "public"."pause_status_log" TO "authenticated";

REVOKE ALL ON TABLE "public"."pause_status_log" FROM "service_role";

GRANT SELECT ON TABLE "public"."pause_status_log" TO "service_role";

REVOKE ALL ON TABLE "public"."pause_status_log" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."pause_status_log_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."pause_status_log_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."pause_status_log_id_seq" FROM "service_role";
