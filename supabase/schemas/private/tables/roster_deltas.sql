CREATE TABLE "private"."roster_deltas" (
  "id"                   bigint  GENERATED ALWAYS AS IDENTITY NOT NULL,
  "chapter_set_id"       integer NOT NULL,
  "change"               integer NOT NULL,
  "subject"              text    NOT NULL,
  "from_on"              date    NOT NULL,
  "until_on"             date    NOT NULL,
  "certified_until"      date,
  "expected_return_date" date,
  CONSTRAINT "roster_deltas_pkey" PRIMARY KEY (chapter_set_id, id),
  CONSTRAINT "roster_deltas_subject_known" CHECK ((subject = ANY (ARRAY['mentor'::text, 'pause'::text, 'request'::text])))
);

ALTER TABLE "private"."roster_deltas"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER roster_deltas_fold
  AFTER INSERT ON private.roster_deltas
  FOR EACH ROW
  WHEN (((new.id % (128)::bigint) = 0))
  EXECUTE FUNCTION private.fold_now_and_then();

COMMENT ON TABLE "private"."roster_deltas" IS 'Changes to the counts that are not folded in yet, each a private.roster_fact.';
