CREATE TYPE "private"."roster_fact" AS (
  "chapter_set_id"       integer,
  "change"               integer,
  "subject"              text,
  "from_on"              date,
  "until_on"             date,
  "certified_until"      date,
  "expected_return_date" date
);

COMMENT ON TYPE "private"."roster_fact" IS 'So many more (or fewer) mentors of a set of chapters, or pauses or open requests of such mentors (subject: mentor, pause, request), with a certification until a day (null: none), in a stretch of days.';

REVOKE ALL ON TYPE "private"."roster_fact" FROM PUBLIC;
