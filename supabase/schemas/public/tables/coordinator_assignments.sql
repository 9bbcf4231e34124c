CREATE TABLE "public"."coordinator_assignments" (
  "id"             uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "mentor_id"      uuid                     NOT NULL,
  "coordinator_id" uuid                     NOT NULL,
  "started_at"     timestamp with time zone NOT NULL DEFAULT now(),
  "ended_at"       timestamp with time zone,
  CONSTRAINT "coordinator_assignments_ended_at_possible" CHECK (((ended_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (ended_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "coordinator_assignments_ends_after_start" CHECK ((ended_at >= started_at)),
  CONSTRAINT "coordinator_assignments_pkey" PRIMARY KEY (id),
  CONSTRAINT "coordinator_assignments_started_at_possible" CHECK (((started_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (started_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "coordinator_assignments_coordinator_exists" FOREIGN KEY (coordinator_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "coordinator_assignments_mentor_exists" FOREIGN KEY (mentor_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "public"."coordinator_assignments"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX coordinator_assignments_by_coordinator ON public.coordinator_assignments USING btree (coordinator_id);

CREATE INDEX coordinator_assignments_by_mentor ON public.coordinator_assignments USING btree (mentor_id);

CREATE UNIQUE INDEX coordinator_assignments_one_open ON public.coordinator_assignments USING btree (mentor_id, coordinator_id)
  WHERE (ended_at IS NULL);

CREATE INDEX coordinator_assignments_open_by_coordinator ON public.coordinator_assignments USING btree (coordinator_id, mentor_id)
  WHERE (ended_at IS NULL);

CREATE TRIGGER coordinator_assignments_end_with_the_beginning
  BEFORE UPDATE ON public.coordinator_assignments
  FOR EACH ROW
  WHEN (((new.ended_at < new.started_at) AND (new.ended_at >= now()) AND (new.started_at <= clock_timestamp())))
  EXECUTE FUNCTION private.end_with_the_beginning();

CREATE TRIGGER coordinator_assignments_log_delete AFTER DELETE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER coordinator_assignments_log_insert AFTER INSERT ON public.coordinator_assignments
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER coordinator_assignments_log_update AFTER UPDATE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER coordinator_assignments_refresh_roster_delete AFTER DELETE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER coordinator_assignments_refresh_roster_insert AFTER INSERT ON public.coordinator_assignments
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER coordinator_assignments_refresh_roster_update AFTER UPDATE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER coordinator_assignments_refuse_erased_delete AFTER DELETE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id',
  'coordinator_id'
);

CREATE TRIGGER coordinator_assignments_refuse_erased_insert AFTER INSERT ON public.coordinator_assignments
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id',
  'coordinator_id'
);

CREATE TRIGGER coordinator_assignments_refuse_erased_update AFTER UPDATE ON public.coordinator_assignments
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id',
  'coordinator_id'
);

CREATE TRIGGER coordinator_assignments_refuse_truncate
  BEFORE TRUNCATE ON public.coordinator_assignments
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE POLICY "select_own_and_managed" ON "public"."coordinator_assignments"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = coordinator_assignments.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])))))));

COMMENT ON COLUMN "public"."coordinator_assignments"."ended_at" IS 'Null: open.';

COMMENT ON INDEX "public"."coordinator_assignments_one_open" IS 'The same coordinator is assigned to the same mentor at most once at a time.';

COMMENT ON INDEX "public"."coordinator_assignments_open_by_coordinator" IS 'Those whom a coordinator is responsible for now, among all in years.';

COMMENT ON TABLE "public"."coordinator_assignments" IS 'Which coordinator is responsible for which mentor. Grants nothing by itself.';

REVOKE ALL ON TABLE "public"."coordinator_assignments" FROM "authenticated";

GRANT SELECT ON TABLE "public"."coordinator_assignments" TO "authenticated";

REVOKE ALL ON TABLE "public"."coordinator_assignments" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."coordinator_assignments" TO "service_role";

REVOKE ALL ON TABLE "public"."coordinator_assignments" FROM "anon";
