CREATE TABLE "public"."planned_pauses" (
  "id"                   uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "mentor_id"            uuid                     NOT NULL,
  "starts_on"            date                     NOT NULL,
  "pause_reason"         text,
  "expected_return_date" date,
  "coordinator_id"       uuid,
  "version"              integer                  NOT NULL DEFAULT 1,
  "created_at"           timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "updated_at"           timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "planned_pauses_created_at_possible" CHECK (((created_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "planned_pauses_ends_after_start" CHECK ((expected_return_date > starts_on)),
  CONSTRAINT "planned_pauses_expected_return_date_possible" CHECK (((expected_return_date >= '1900-01-01'::date) AND (expected_return_date <= '9999-12-31'::date))),
  CONSTRAINT "planned_pauses_one_per_mentor" UNIQUE (mentor_id),
  CONSTRAINT "planned_pauses_pkey" PRIMARY KEY (id),
  CONSTRAINT "planned_pauses_reason_length" CHECK (((char_length(pause_reason) >= 1) AND (char_length(pause_reason) <= 500))),
  CONSTRAINT "planned_pauses_starts_on_possible" CHECK (((starts_on >= '1900-01-02'::date) AND (starts_on <= '9999-12-29'::date))),
  CONSTRAINT "planned_pauses_updated_at_possible" CHECK (((updated_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (updated_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "planned_pauses_version_positive" CHECK ((version >= 1)),
  CONSTRAINT "planned_pauses_mentor_exists" FOREIGN KEY (mentor_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "planned_pauses_reason_visible" CHECK (private.is_visible(pause_reason))
);

ALTER TABLE "public"."planned_pauses"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX planned_pauses_by_start ON public.planned_pauses USING btree (starts_on, mentor_id);

CREATE TRIGGER planned_pauses_guard
  BEFORE INSERT OR UPDATE ON public.planned_pauses
  FOR EACH ROW
  EXECUTE FUNCTION private.guard_planned_pause();

CREATE TRIGGER planned_pauses_record_facts_delete AFTER DELETE ON public.planned_pauses REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.plan_versions',
  'mentor_id, id',
  'mentor_id, id, starts_on, planned_at',
  'mentor_id, id, starts_on, created_at as planned_at',
  'true'
);

CREATE TRIGGER planned_pauses_record_facts_insert AFTER INSERT ON public.planned_pauses REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.plan_versions',
  'mentor_id, id',
  'mentor_id, id, starts_on, planned_at',
  'mentor_id, id, starts_on, created_at as planned_at',
  'true'
);

CREATE TRIGGER planned_pauses_record_facts_update AFTER UPDATE ON public.planned_pauses
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.plan_versions',
  'mentor_id, id',
  'mentor_id, id, starts_on, planned_at',
  'mentor_id, id, starts_on, created_at as planned_at',
  'true'
);

CREATE TRIGGER planned_pauses_refresh_roster_delete
  AFTER DELETE ON public.planned_pauses REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_planned_mentors();

CREATE TRIGGER planned_pauses_refresh_roster_insert
  AFTER INSERT ON public.planned_pauses REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_planned_mentors();

CREATE TRIGGER planned_pauses_refresh_roster_update
  AFTER UPDATE ON public.planned_pauses REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_planned_mentors();

CREATE TRIGGER planned_pauses_refuse_erased_insert AFTER INSERT ON public.planned_pauses
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER planned_pauses_refuse_erased_update AFTER UPDATE ON public.planned_pauses
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER planned_pauses_settle_requests
  AFTER INSERT ON public.planned_pauses REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.settle_planned_requests();

CREATE POLICY "select_own_and_managed" ON "public"."planned_pauses"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = planned_pauses.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) AND
    ((m.started_at <= planned_pauses.created_at) OR private.is_of_this_time(planned_pauses.mentor_id, planned_pauses.created_at)))))));

COMMENT ON COLUMN "public"."planned_pauses"."coordinator_id" IS 'Who last changed the plan, and will have begun the pause; null: the mentor, whose request took effect at once. Grants nothing.';

COMMENT ON COLUMN "public"."planned_pauses"."created_at" IS 'A plan from before the mentor left every chapter counts no more.';

COMMENT ON COLUMN "public"."planned_pauses"."expected_return_date" IS 'When the mentor will be expected back; null: open.';

COMMENT ON COLUMN "public"."planned_pauses"."pause_reason" IS 'May be health data: for the mentor and those who manage them, never in a message, a log line or an export. Null: none was given.';

COMMENT ON COLUMN "public"."planned_pauses"."starts_on" IS 'The first day of the pause.';

COMMENT ON COLUMN "public"."planned_pauses"."version" IS 'Counts the changes of the plan, from 1.';

COMMENT ON INDEX "public"."planned_pauses_by_start" IS 'The nightly run looks only at plans whose day has come.';

COMMENT ON TABLE "public"."planned_pauses" IS 'Pauses that are entered before their first day, at most one for each mentor. Written by the RPCs alone.';

REVOKE ALL ON TABLE "public"."planned_pauses" FROM "authenticated";

GRANT SELECT ON TABLE "public"."planned_pauses" TO "authenticated";

REVOKE ALL ON TABLE "public"."planned_pauses" FROM "service_role";

GRANT SELECT ON TABLE "public"."planned_pauses" TO "service_role";

REVOKE ALL ON TABLE "public"."planned_pauses" FROM "anon";
