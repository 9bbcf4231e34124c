CREATE TABLE "private"."roster_deltas" (
  "id"                   bigint  GENERATED ALWAYS AS IDENTITY NOT NULL,
  "chapter_set_id"       integer NOT NULL,
  "change"               integer NOT NULL,
  "is_pause"             boolean NOT NULL,
  "certified_until"      date,
  "expected_return_date" date,
  CONSTRAINT "roster_deltas_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."roster_deltas"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX roster_deltas_by_set ON private.roster_deltas USING btree (chapter_set_id);

CREATE TRIGGER roster_deltas_fold
  AFTER INSERT ON private.roster_deltas
  FOR EACH ROW
  WHEN (((new.id % (128)::bigint) = 0))
  EXECUTE FUNCTION private.fold_now_and_then();

COMMENT ON COLUMN "private"."roster_deltas"."change" IS 'How many more (or fewer) mentors have these facts.';

COMMENT ON COLUMN "private"."roster_deltas"."is_pause" IS 'True: counts a pause. False: counts a mentor.';

COMMENT ON TABLE "private"."roster_deltas" IS 'Changes to the counts that are not folded in yet.';
