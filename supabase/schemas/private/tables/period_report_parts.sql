CREATE TABLE "private"."period_report_parts" (
  "report_id"  uuid NOT NULL,
  "chapter_id" uuid NOT NULL,
  "content"    text COLLATE pg_catalog."C" NOT NULL,
  CONSTRAINT "period_report_parts_pkey" PRIMARY KEY (report_id, chapter_id),
  CONSTRAINT "period_report_parts_report_exists" FOREIGN KEY (report_id) REFERENCES public.period_reports(id) ON DELETE RESTRICT
);

ALTER TABLE "private"."period_report_parts"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER period_report_parts_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON private.period_report_parts
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('An issued report stays; issue another one.');

CREATE TRIGGER period_report_parts_refuse_insert
  BEFORE INSERT ON private.period_report_parts
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.issue_period_report(', 'Reports are issued by public.issue_period_report().');

COMMENT ON TABLE "private"."period_report_parts" IS 'Append-only: the part of each chapter of an issued report, in canonical form: its numbers, and the stretches of each mentor.';
