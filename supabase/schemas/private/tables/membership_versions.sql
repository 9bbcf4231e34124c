CREATE TABLE "private"."membership_versions" (
  "mentor_id"          uuid                     NOT NULL,
  "chapter_id"         uuid                     NOT NULL,
  "id"                 uuid                     NOT NULL,
  "started_at"         timestamp with time zone NOT NULL,
  "ended_at"           timestamp with time zone,
  "recorded_at"        timestamp with time zone NOT NULL,
  "superseded_at"      timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp WITH time zone,
  "recorded_by"        uuid,
  "command"            text,
  "superseded_by"      uuid,
  "superseded_command" text,
  CONSTRAINT "membership_versions_pkey" PRIMARY KEY (mentor_id, chapter_id, id, recorded_at) INCLUDE (superseded_at, started_at, ended_at)
);

ALTER TABLE "private"."membership_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX membership_versions_by_chapter ON private.membership_versions USING btree (chapter_id, mentor_id);

CREATE TRIGGER membership_versions_refuse_delete
  BEFORE DELETE ON private.membership_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER membership_versions_refuse_direct_write
  BEFORE INSERT OR DELETE OR UPDATE ON private.membership_versions
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');

CREATE TRIGGER membership_versions_refuse_superseding
  BEFORE UPDATE ON private.membership_versions
  FOR EACH ROW
  WHEN (((old.superseded_at <> 'infinity'::timestamp with time zone) OR (new.superseded_at <= now()) OR (new.superseded_at > GREATEST(clock_timestamp(), old.recorded_at))))
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER membership_versions_refuse_truncate
  BEFORE TRUNCATE ON private.membership_versions
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER membership_versions_refuse_update
  BEFORE UPDATE OF mentor_id, chapter_id, id, started_at, ended_at, recorded_at, recorded_by, command ON private.membership_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

COMMENT ON COLUMN "private"."membership_versions"."command" IS 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.';

COMMENT ON COLUMN "private"."membership_versions"."id" IS 'Of public.chapter_memberships.';

COMMENT ON COLUMN "private"."membership_versions"."recorded_at" IS 'From when on it was known.';

COMMENT ON COLUMN "private"."membership_versions"."recorded_by" IS 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.';

COMMENT ON COLUMN "private"."membership_versions"."superseded_at" IS 'From when on something else was known, or nothing; infinity: it still holds.';

COMMENT ON COLUMN "private"."membership_versions"."superseded_by" IS 'Who superseded it by a command; null as in recorded_by.';

COMMENT ON COLUMN "private"."membership_versions"."superseded_command" IS 'The command that superseded it; null as in command.';

COMMENT ON TABLE "private"."membership_versions" IS 'What was known of memberships as mentor: a row for each version of each.';
