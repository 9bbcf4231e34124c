CREATE TABLE "private"."roster_counts" (
  "chapter_set_id" integer NOT NULL,
  "day"            date    NOT NULL,
  "mentors"        integer NOT NULL DEFAULT 0,
  "expired"        integer NOT NULL DEFAULT 0,
  "expiring"       integer NOT NULL DEFAULT 0,
  "paused"         integer NOT NULL DEFAULT 0,
  "overdue"        integer NOT NULL DEFAULT 0,
  "due_back"       integer NOT NULL DEFAULT 0,
  "open_ended"     integer NOT NULL DEFAULT 0,
  "open_requests"  integer NOT NULL DEFAULT 0,
  CONSTRAINT "roster_counts_pkey" PRIMARY KEY (chapter_set_id, day)
);

ALTER TABLE "private"."roster_counts"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."roster_counts"."chapter_set_id" IS 'Of private.chapter_sets; 0: of all sets together; below zero: of private.assigned_sets, for which only mentors are counted.';

COMMENT ON COLUMN "private"."roster_counts"."day" IS '-infinity: what has always been so, and what is safely in the past.';

COMMENT ON COLUMN "private"."roster_counts"."due_back" IS 'Who are expected back within seven days.';

COMMENT ON COLUMN "private"."roster_counts"."expired" IS 'Of those, whose certification has expired.';

COMMENT ON COLUMN "private"."roster_counts"."expiring" IS 'Whose certification ends within 30 days.';

COMMENT ON COLUMN "private"."roster_counts"."mentors" IS 'Mentors who are active in exactly these chapters.';

COMMENT ON COLUMN "private"."roster_counts"."open_ended" IS 'Who have no expected return.';

COMMENT ON COLUMN "private"."roster_counts"."open_requests" IS 'What the mentors ask for and nobody has answered: requests, not mentors.';

COMMENT ON COLUMN "private"."roster_counts"."overdue" IS 'Whose expected return is past.';

COMMENT ON COLUMN "private"."roster_counts"."paused" IS 'Whom a coordinator paused, and whose certification has not expired; so are the next three.';

COMMENT ON TABLE "private"."roster_counts" IS 'By how much the dashboard''s numbers change on a day: the sum over all days so far is the number. Only private.fold_roster_deltas() and private.recount() write here.';
