CREATE TABLE "private"."identity_versions" (
  "person_id"          uuid                     NOT NULL,
  "was_erased"         boolean                  NOT NULL,
  "kept_id"            uuid,
  "recorded_at"        timestamp with time zone NOT NULL,
  "superseded_at"      timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp WITH time zone,
  "recorded_by"        uuid,
  "command"            text,
  "superseded_by"      uuid,
  "superseded_command" text,
  CONSTRAINT "identity_versions_pkey" PRIMARY KEY (person_id, was_erased, recorded_at)
);

ALTER TABLE "private"."identity_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER identity_versions_refuse_delete
  BEFORE DELETE ON private.identity_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER identity_versions_refuse_direct_write
  BEFORE INSERT OR DELETE OR UPDATE ON private.identity_versions
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');

CREATE TRIGGER identity_versions_refuse_superseding
  BEFORE UPDATE ON private.identity_versions
  FOR EACH ROW
  WHEN (((old.superseded_at <> 'infinity'::timestamp with time zone) OR (new.superseded_at <= now()) OR (new.superseded_at > GREATEST(clock_timestamp(), old.recorded_at))))
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER identity_versions_refuse_truncate
  BEFORE TRUNCATE ON private.identity_versions
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER identity_versions_refuse_update
  BEFORE UPDATE OF person_id, was_erased, kept_id, recorded_at, recorded_by, command ON private.identity_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

COMMENT ON COLUMN "private"."identity_versions"."command" IS 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.';

COMMENT ON COLUMN "private"."identity_versions"."kept_id" IS 'Into whom the profile was joined; null: the person was erased.';

COMMENT ON COLUMN "private"."identity_versions"."recorded_at" IS 'From when on it was known.';

COMMENT ON COLUMN "private"."identity_versions"."recorded_by" IS 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.';

COMMENT ON COLUMN "private"."identity_versions"."superseded_at" IS 'From when on something else was known, or nothing; infinity: it still holds.';

COMMENT ON COLUMN "private"."identity_versions"."superseded_by" IS 'Who superseded it by a command; null as in recorded_by.';

COMMENT ON COLUMN "private"."identity_versions"."superseded_command" IS 'The command that superseded it; null as in command.';

COMMENT ON TABLE "private"."identity_versions" IS 'Which ids were erased, or joined into another, and since when that was known.';
