CREATE TABLE "public"."period_reports" (
  "id"           uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "from_date"    date                     NOT NULL,
  "to_date"      date                     NOT NULL,
  "chapter_ids"  uuid[]                   NOT NULL,
  "issued_at"    timestamp with time zone NOT NULL,
  "issued_by"    uuid                     NOT NULL,
  "as_known_at"  timestamp with time zone NOT NULL,
  "time_zone"    text                     NOT NULL,
  "rule_version" text                     NOT NULL,
  "rules"        text                     NOT NULL,
  "sha256"       text                     NOT NULL,
  "manifest"     text                     COLLATE pg_catalog."C" NOT NULL,
  CONSTRAINT "period_reports_ends_after_start" CHECK ((to_date >= from_date)),
  CONSTRAINT "period_reports_pkey" PRIMARY KEY (id),
  CONSTRAINT "period_reports_sha256_is_the_manifests" CHECK ((sha256 = encode(sha256(convert_to(manifest, 'UTF8'::name)), 'hex'::text)))
);

ALTER TABLE "public"."period_reports"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX period_reports_by_moment ON public.period_reports USING btree (issued_at DESC, id DESC);

CREATE TRIGGER period_reports_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON public.period_reports
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('An issued report stays; issue another one.');

CREATE TRIGGER period_reports_refuse_insert
  BEFORE INSERT ON public.period_reports
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.issue_period_report(', 'Reports are issued by public.issue_period_report().');

CREATE POLICY "select_administered" ON "public"."period_reports"
  FOR SELECT
  TO "authenticated"
  USING
    ((( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (chapter_ids <@ ( SELECT private.my_administered_chapter_ids() AS
    my_administered_chapter_ids))));

COMMENT ON COLUMN "public"."period_reports"."as_known_at" IS 'The moment as of which it says what was known.';

COMMENT ON COLUMN "public"."period_reports"."chapter_ids" IS 'Sorted.';

COMMENT ON COLUMN "public"."period_reports"."manifest" IS 'The canonical form (RFC 8785): the numbers, and the SHA-256 of each chapter''s part.';

COMMENT ON COLUMN "public"."period_reports"."rules" IS 'The rules by which it was made, in words: those of rule_version.';

COMMENT ON COLUMN "public"."period_reports"."sha256" IS 'Of the bytes of manifest, in lower-case hexadecimal digits.';

COMMENT ON COLUMN "public"."period_reports"."time_zone" IS 'The organisation''s when it was issued: in which its days begin and end.';

COMMENT ON INDEX "public"."period_reports_by_moment" IS 'The list of issued reports, newest first, page by page.';

COMMENT ON TABLE "public"."period_reports" IS 'Append-only: reports that were issued. Read by whoever administers every chapter in them.';

REVOKE ALL ON TABLE "public"."period_reports" FROM "authenticated";

GRANT SELECT ON TABLE "public"."period_reports" TO "authenticated";

REVOKE ALL ON TABLE "public"."period_reports" FROM "service_role";

GRANT SELECT ON TABLE "public"."period_reports" TO "service_role";

REVOKE ALL ON TABLE "public"."period_reports" FROM "anon";
