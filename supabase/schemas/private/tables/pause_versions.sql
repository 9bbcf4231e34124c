CREATE TABLE "private"."pause_versions" (
  "mentor_id"          uuid                     NOT NULL,
  "id"                 uuid                     NOT NULL,
  "paused_at"          timestamp with time zone NOT NULL,
  "ended_at"           timestamp with time zone,
  "recorded_at"        timestamp with time zone NOT NULL,
  "superseded_at"      timestamp with time zone NOT NULL DEFAULT 'infinity'::timestamp WITH time zone,
  "recorded_by"        uuid,
  "command"            text,
  "superseded_by"      uuid,
  "superseded_command" text,
  CONSTRAINT "pause_versions_pkey" PRIMARY KEY (mentor_id, id, recorded_at)
);

ALTER TABLE "private"."pause_versions"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER pause_versions_refuse_delete
  BEFORE DELETE ON private.pause_versions
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER pause_versions_refuse_direct_write
  BEFORE INSERT OR DELETE OR UPDATE ON private.pause_versions
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');

CREATE TRIGGER pause_versions_refuse_truncate
  BEFORE TRUNCATE ON private.pause_versions
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER pause_versions_refuse_update
  BEFORE UPDATE ON private.pause_versions
  FOR EACH ROW
  WHEN (((old.superseded_at <> 'infinity'::timestamp
    with time zone) OR
    (((((((old.mentor_id IS DISTINCT FROM new.mentor_id) OR (old.id IS DISTINCT FROM new.id)) OR (old.paused_at IS DISTINCT FROM new.paused_at)) OR (old.ended_at IS DISTINCT FROM
    new.ended_at)) OR (old.recorded_at IS DISTINCT FROM new.recorded_at)) OR (old.recorded_by IS DISTINCT FROM new.recorded_by)) OR (old.command IS DISTINCT FROM new.command)) OR
    (('1970-01-01 00:00:00+00'::timestamp
    with time zone +
    (((NULLIF(split_part(current_setting('mentorpause.recorded_at'::text, true), ' '::text, 1), ''::text))::bigint)::double precision * '00:00:00.000001'::interval)) IS NULL) OR
    (new.superseded_at <= now()) OR (new.superseded_at IS DISTINCT FROM GREATEST(('1970-01-01 00:00:00+00'::timestamp
    with time zone +
    (((NULLIF(split_part(current_setting('mentorpause.recorded_at'::text, true), ' '::text, 1), ''::text))::bigint)::double precision * '00:00:00.000001'::interval)),
    old.recorded_at))))
  EXECUTE FUNCTION private.refuse_rewriting();

COMMENT ON COLUMN "private"."pause_versions"."command" IS 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.';

COMMENT ON COLUMN "private"."pause_versions"."ended_at" IS 'When the record was closed; null: it is live.';

COMMENT ON COLUMN "private"."pause_versions"."id" IS 'Of public.pause_records.';

COMMENT ON COLUMN "private"."pause_versions"."recorded_at" IS 'From when on it was known.';

COMMENT ON COLUMN "private"."pause_versions"."recorded_by" IS 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.';

COMMENT ON COLUMN "private"."pause_versions"."superseded_at" IS 'From when on something else was known, or nothing; infinity: it still holds.';

COMMENT ON COLUMN "private"."pause_versions"."superseded_by" IS 'Who superseded it by a command; null as in recorded_by.';

COMMENT ON COLUMN "private"."pause_versions"."superseded_command" IS 'The command that superseded it; null as in command.';

COMMENT ON TABLE "private"."pause_versions" IS 'What was known of pauses: a row when one has begun, another when it has ended. What else changes of a pause record is no fact of a status.';
