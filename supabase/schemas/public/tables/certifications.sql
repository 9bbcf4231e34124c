CREATE TABLE "public"."certifications" (
  "id"         uuid NOT NULL DEFAULT gen_random_uuid(),
  "mentor_id"  uuid NOT NULL,
  "kind"       text NOT NULL,
  "issued_on"  date NOT NULL,
  "expires_on" date,
  CONSTRAINT "certifications_expires_after_issue" CHECK ((expires_on >= issued_on)),
  CONSTRAINT "certifications_expires_on_possible" CHECK (((expires_on >= '1900-01-01'::date) AND (expires_on <= '9999-12-31'::date))),
  CONSTRAINT "certifications_issued_on_possible" CHECK (((issued_on >= '1900-01-01'::date) AND (issued_on <= '9999-12-31'::date))),
  CONSTRAINT "certifications_kind_exists" FOREIGN KEY (kind) REFERENCES public.certification_kinds(code) ON DELETE RESTRICT,
  CONSTRAINT "certifications_kind_length" CHECK (((char_length(kind) >= 1) AND (char_length(kind) <= 100))),
  CONSTRAINT "certifications_pkey" PRIMARY KEY (id),
  CONSTRAINT "certifications_mentor_exists" FOREIGN KEY (mentor_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "certifications_kind_visible" CHECK (private.is_visible(kind))
);

ALTER TABLE "public"."certifications"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX certifications_by_expiry ON public.certifications USING btree (expires_on, mentor_id);

CREATE INDEX certifications_by_issue ON public.certifications USING btree (issued_on, mentor_id);

CREATE INDEX certifications_by_kind ON public.certifications USING btree (kind);

CREATE INDEX certifications_by_mentor ON public.certifications USING btree (mentor_id, kind, issued_on, expires_on);

CREATE TRIGGER certifications_guard
  BEFORE UPDATE ON public.certifications
  FOR EACH ROW
  EXECUTE FUNCTION private.guard_certification();

CREATE TRIGGER certifications_keep_removed
  AFTER DELETE ON public.certifications REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_removed_certifications();

CREATE TRIGGER certifications_log_delete AFTER DELETE ON public.certifications REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER certifications_log_insert AFTER INSERT ON public.certifications REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER certifications_log_update AFTER UPDATE ON public.certifications
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'mentor_id',
  '',
  'id'
);

CREATE TRIGGER certifications_name_kind_insert
  BEFORE INSERT ON public.certifications
  FOR EACH ROW
  EXECUTE FUNCTION private.name_kind();

CREATE TRIGGER certifications_name_kind_update
  BEFORE UPDATE OF kind ON public.certifications
  FOR EACH ROW
  WHEN ((new.kind <> old.kind))
  EXECUTE FUNCTION private.name_kind();

CREATE TRIGGER certifications_record_facts_delete AFTER DELETE ON public.certifications REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.certification_versions',
  'mentor_id, kind, id',
  'mentor_id, kind, id, issued_on, expires_on',
  'mentor_id, kind, id, issued_on, expires_on',
  'true'
);

CREATE TRIGGER certifications_record_facts_insert AFTER INSERT ON public.certifications REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.certification_versions',
  'mentor_id, kind, id',
  'mentor_id, kind, id, issued_on, expires_on',
  'mentor_id, kind, id, issued_on, expires_on',
  'true'
);

CREATE TRIGGER certifications_record_facts_update AFTER UPDATE ON public.certifications
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.certification_versions',
  'mentor_id, kind, id',
  'mentor_id, kind, id, issued_on, expires_on',
  'mentor_id, kind, id, issued_on, expires_on',
  'true'
);

CREATE TRIGGER certifications_refresh_roster_delete AFTER DELETE ON public.certifications
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER certifications_refresh_roster_insert AFTER INSERT ON public.certifications
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER certifications_refresh_roster_update AFTER UPDATE ON public.certifications
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER certifications_refuse_erased_delete AFTER DELETE ON public.certifications
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER certifications_refuse_erased_insert AFTER INSERT ON public.certifications
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER certifications_refuse_erased_update AFTER UPDATE ON public.certifications
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER certifications_refuse_truncate
  BEFORE TRUNCATE ON public.certifications
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE TRIGGER certifications_tell_nightly_run_delete
  AFTER DELETE ON public.certifications REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE TRIGGER certifications_tell_nightly_run_insert
  AFTER INSERT ON public.certifications REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE TRIGGER certifications_tell_nightly_run_update
  AFTER UPDATE ON public.certifications REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE POLICY "select_own_and_managed" ON "public"."certifications"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = certifications.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])))))));

COMMENT ON COLUMN "public"."certifications"."expires_on" IS 'The last day on which it is valid; null: never expires.';

COMMENT ON COLUMN "public"."certifications"."issued_on" IS 'The first day on which it counts.';

COMMENT ON COLUMN "public"."certifications"."kind" IS 'The code of its kind. A trigger finds the kind whatever the case; an unknown one makes a kind of that name.';

COMMENT ON TABLE "public"."certifications" IS 'Certifications that mentors hold. A renewal is a new row. Of each kind, the one that lasts longest counts.';

REVOKE ALL ON TABLE "public"."certifications" FROM "authenticated";

GRANT SELECT ON TABLE "public"."certifications" TO "authenticated";

REVOKE ALL ON TABLE "public"."certifications" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."certifications" TO "service_role";

REVOKE ALL ON TABLE "public"."certifications" FROM "anon";
