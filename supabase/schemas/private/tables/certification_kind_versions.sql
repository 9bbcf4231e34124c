CREATE TABLE "private"."certification_kind_versions" (
  "id"          bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "code"        text                     NOT NULL,
  "from_day"    date                     NOT NULL,
  "is_required" boolean                  NOT NULL,
  "replaced_by" text,
  "recorded_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "certification_kind_versions_pkey" PRIMARY KEY (id),
  CONSTRAINT "certification_kind_versions_kind_exists" FOREIGN KEY (code) REFERENCES public.certification_kinds(code) ON DELETE CASCADE
);

ALTER TABLE "private"."certification_kind_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX certification_kind_versions_by_kind ON private.certification_kind_versions USING btree (code, from_day, id);

CREATE TRIGGER certification_kind_versions_record_facts_delete AFTER DELETE ON private.certification_kind_versions
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.kind_versions',
  'id',
  'id, code, from_day, is_required, replaced_by',
  'id, code, from_day, is_required, replaced_by',
  'true'
);

CREATE TRIGGER certification_kind_versions_record_facts_insert AFTER INSERT ON private.certification_kind_versions
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.kind_versions',
  'id',
  'id, code, from_day, is_required, replaced_by',
  'id, code, from_day, is_required, replaced_by',
  'true'
);

CREATE TRIGGER certification_kind_versions_refuse_change
  BEFORE UPDATE OR TRUNCATE ON private.certification_kind_versions
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('What was saved stays.');

COMMENT ON COLUMN "private"."certification_kind_versions"."from_day" IS 'The day from which it counts; -infinity for what the kind began with, which counts for all days before the next.';

COMMENT ON TABLE "private"."certification_kind_versions" IS 'What was saved of each kind that days depend on, one row for each save that changed it. Of several saved on one day, the last counts.';
