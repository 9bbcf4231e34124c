CREATE TABLE "private"."recorded_pauses" (
  "mentor_id"   uuid                     NOT NULL,
  "id"          uuid                     NOT NULL,
  "paused_at"   timestamp with time zone NOT NULL,
  "ended_at"    timestamp with time zone,
  "recorded_at" timestamp with time zone NOT NULL,
  "recorded_by" uuid,
  "command"     text,
  CONSTRAINT "recorded_pauses_pkey" PRIMARY KEY (mentor_id, id, recorded_at)
);

ALTER TABLE "private"."recorded_pauses"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER recorded_pauses_refuse_delete
  BEFORE DELETE ON private.recorded_pauses
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER recorded_pauses_refuse_direct_write
  BEFORE INSERT OR DELETE OR UPDATE ON private.recorded_pauses
  FOR EACH STATEMENT
  WHEN ((pg_trigger_depth() = 0))
  EXECUTE FUNCTION private.refuse_direct_write('private.backfill_facts(', 'What was known stays; change the table that it was recorded of.');

CREATE TRIGGER recorded_pauses_refuse_truncate
  BEFORE TRUNCATE ON private.recorded_pauses
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_rewriting();

CREATE TRIGGER recorded_pauses_refuse_update
  BEFORE UPDATE OF mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command ON private.recorded_pauses
  FOR EACH ROW
  EXECUTE FUNCTION private.refuse_rewriting();

COMMENT ON COLUMN "private"."recorded_pauses"."command" IS 'The command that recorded it; backfill: it was there before versions were kept; null: another system or a hand.';

COMMENT ON COLUMN "private"."recorded_pauses"."ended_at" IS 'When the record was closed; null: it was live.';

COMMENT ON COLUMN "private"."recorded_pauses"."id" IS 'Of public.pause_records.';

COMMENT ON COLUMN "private"."recorded_pauses"."recorded_at" IS 'From when on it was known.';

COMMENT ON COLUMN "private"."recorded_pauses"."recorded_by" IS 'Who recorded it by a command; null: another system, a hand, the nightly run, or a backfill.';

COMMENT ON TABLE "private"."recorded_pauses" IS 'What was known of pauses: a row when one has begun, another when it has ended. What else changes of a pause record is no fact of a status.';
