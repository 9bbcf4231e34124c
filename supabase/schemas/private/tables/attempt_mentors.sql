CREATE TABLE "private"."attempt_mentors" (
  "attempt_id"   bigint                   NOT NULL,
  "mentor_id"    uuid                     NOT NULL,
  "line"         integer,
  "attempted_at" timestamp with time zone NOT NULL,
  CONSTRAINT "attempt_mentors_line_counts" CHECK ((line >= 0)),
  CONSTRAINT "attempt_mentors_pkey" PRIMARY KEY (attempt_id, mentor_id)
);

ALTER TABLE "private"."attempt_mentors"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX attempt_mentors_by_mentor ON private.attempt_mentors USING btree (mentor_id, attempted_at, attempt_id);

COMMENT ON COLUMN "private"."attempt_mentors"."attempted_at" IS 'When the attempt was made: a page of what was sent begins anywhere in it.';

COMMENT ON COLUMN "private"."attempt_mentors"."line" IS 'The line of the text that names the mentor, from 1; 0: title and text are about this mentor alone; null: one of so many others.';

COMMENT ON TABLE "private"."attempt_mentors" IS 'The mentors whom the message of an attempt is about, when it is about several: ids only. What a mentor''s page shows of them, and what an erasure blanks.';
