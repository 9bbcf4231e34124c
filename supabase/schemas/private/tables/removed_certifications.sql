CREATE TABLE "private"."removed_certifications" (
  "id"         uuid                     NOT NULL,
  "mentor_id"  uuid                     NOT NULL,
  "kind"       text                     NOT NULL,
  "issued_on"  date                     NOT NULL,
  "expires_on" date,
  "actor_id"   uuid,
  "removed_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "removed_certifications_pkey" PRIMARY KEY (id),
  CONSTRAINT "removed_certifications_kind_exists" FOREIGN KEY (kind) REFERENCES public.certification_kinds(code) ON DELETE RESTRICT,
  CONSTRAINT "removed_certifications_mentor_exists" FOREIGN KEY (mentor_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "private"."removed_certifications"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX removed_certifications_by_kind ON private.removed_certifications USING btree (kind);

CREATE INDEX removed_certifications_by_mentor ON private.removed_certifications USING btree (mentor_id);

CREATE TRIGGER removed_certifications_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON private.removed_certifications
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('What was removed stays in the history.');

COMMENT ON COLUMN "private"."removed_certifications"."actor_id" IS 'Who removed it by a command; null for a direct write.';

COMMENT ON TABLE "private"."removed_certifications" IS 'Append-only: certifications that were removed as mistakes, whoever removed them. They count on no day, and show what was believed until then.';
