CREATE TABLE "private"."roster_counts" (
  "chapter_set_id"   integer NOT NULL,
  "day"              date    NOT NULL,
  "mentors"          integer NOT NULL DEFAULT 0,
  "paused"           integer NOT NULL DEFAULT 0,
  "expiring"         integer NOT NULL DEFAULT 0,
  "paused_expiring"  integer NOT NULL DEFAULT 0,
  "due_back"         integer NOT NULL DEFAULT 0,
  "due_back_expired" integer NOT NULL DEFAULT 0,
  CONSTRAINT "roster_counts_pkey" PRIMARY KEY (chapter_set_id, day)
);

ALTER TABLE "private"."roster_counts"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."roster_counts"."day" IS '-infinity: what has no day, and what is safely in the past.';

COMMENT ON COLUMN "private"."roster_counts"."due_back" IS 'Paused mentors expected back on this day.';

COMMENT ON COLUMN "private"."roster_counts"."due_back_expired" IS 'Paused mentors for whom both the expected return and the certification are past after this day, and not before.';

COMMENT ON COLUMN "private"."roster_counts"."expiring" IS 'Mentors whose certification is valid through this day.';

COMMENT ON COLUMN "private"."roster_counts"."mentors" IS 'All mentors; only on -infinity.';

COMMENT ON COLUMN "private"."roster_counts"."paused" IS 'Mentors whom a coordinator paused, expired or not; only on -infinity.';

COMMENT ON COLUMN "private"."roster_counts"."paused_expiring" IS 'How many of those are paused.';

COMMENT ON TABLE "private"."roster_counts" IS 'Sums of mentors by the day on which something ends. Only private.fold_roster_deltas() and private.recount() write here.';
