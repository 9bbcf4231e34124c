CREATE TABLE "private"."plan_versions" (
  "mentor_id"          uuid                     NOT NULL,
  "id"                 uuid                     NOT NULL,
  "starts_on"          date                     NOT NULL,
  "planned_at"         timestamp with time zone NOT NULL,
  "recorded_at"        timestamp with time zone NOT NULL,
  "superseded_at"      timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp WITH time zone,
  "recorded_by"        uuid,
  "command"            text,
  "superseded_by"      uuid,
  "superseded_command" text,
  CONSTRAINT "plan_versions_pkey" PRIMARY KEY (mentor_id, id, recorded_at)
);

ALTER TABLE "private"."plan_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER plan_versions_refuse_delete
  BEFORE DELETE ON private.plan_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER plan_versions_refuse_direct_write
  BEFORE INSERT OR DELETE OR UPDATE ON private.plan_versions
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');

CREATE TRIGGER plan_versions_refuse_superseding
  BEFORE UPDATE ON private.plan_versions
  FOR EACH ROW
  WHEN (((old.superseded_at <> 'infinity'::timestamp with time zone) OR (new.superseded_at <= now()) OR (new.superseded_at > GREATEST(clock_timestamp(), old.recorded_at))))
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER plan_versions_refuse_truncate
  BEFORE TRUNCATE ON private.plan_versions
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER plan_versions_refuse_update
  BEFORE UPDATE OF mentor_id, id, starts_on, planned_at, recorded_at, recorded_by, command ON private.plan_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

COMMENT ON COLUMN "private"."plan_versions"."command" IS 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.';

COMMENT ON COLUMN "private"."plan_versions"."id" IS 'Of public.planned_pauses.';

COMMENT ON COLUMN "private"."plan_versions"."planned_at" IS 'When the plan was made: one from before the mentor left every chapter counts no more.';

COMMENT ON COLUMN "private"."plan_versions"."recorded_at" IS 'From when on it was known.';

COMMENT ON COLUMN "private"."plan_versions"."recorded_by" IS 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.';

COMMENT ON COLUMN "private"."plan_versions"."superseded_at" IS 'From when on something else was known, or nothing; infinity: it still holds.';

COMMENT ON COLUMN "private"."plan_versions"."superseded_by" IS 'Who superseded it by a command; null as in recorded_by.';

COMMENT ON COLUMN "private"."plan_versions"."superseded_command" IS 'The command that superseded it; null as in command.';

COMMENT ON TABLE "private"."plan_versions" IS 'What was known of planned pauses: a row for each version of each. One that has begun is superseded by its pause.';
