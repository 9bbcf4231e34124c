CREATE TABLE "private"."roster_entries" (
  "mentor_id"                uuid     NOT NULL,
  "chapter_id"               uuid     NOT NULL,
  "from_on"                  date     NOT NULL,
  "until_on"                 date     NOT NULL,
  "present_from"             date     NOT NULL,
  "display_name"             text     COLLATE pg_catalog."nb-x-icu" NOT NULL,
  "chapter_set_id"           integer  NOT NULL,
  "certified_until"          date,
  "certification_kind"       text,
  "certification_is_missing" boolean  NOT NULL DEFAULT false,
  "planned_from"             date,
  "open_requests"            smallint NOT NULL DEFAULT 0,
  "coordinators"             jsonb    NOT NULL,
  CONSTRAINT "roster_entries_ends_after_start" CHECK ((until_on > from_on)),
  CONSTRAINT "roster_entries_pkey" PRIMARY KEY (mentor_id, chapter_id, from_on)
);

ALTER TABLE "private"."roster_entries"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX roster_entries_by_set ON private.roster_entries USING btree (chapter_set_id, mentor_id);

CREATE INDEX roster_entries_in_order ON private.roster_entries USING btree (chapter_id, display_name, mentor_id) INCLUDE (from_on, until_on);

CREATE INDEX roster_entries_of_all ON private.roster_entries USING btree (display_name, mentor_id) INCLUDE (chapter_id, from_on, until_on);

CREATE INDEX roster_entries_that_end ON private.roster_entries USING btree (until_on, mentor_id)
  WHERE (until_on < 'infinity'::date);

ALTER TABLE "private"."roster_entries"
  ADD COLUMN "searched_as" text COLLATE pg_catalog."C" GENERATED ALWAYS AS (private.briefly_searchable(display_name)) STORED;

ALTER TABLE "private"."roster_entries"
  ADD COLUMN "shown" text COLLATE pg_catalog."C" GENERATED ALWAYS AS
    (private.entry_as_json(mentor_id, display_name, coordinators, certified_until, certification_kind, certification_is_missing)) STORED NOT NULL;

CREATE INDEX roster_entries_by_certification ON private.roster_entries USING btree (chapter_id, certified_until) INCLUDE (display_name, mentor_id, from_on, until_on, searched_as);

COMMENT ON COLUMN "private"."roster_entries"."certification_is_missing" IS 'Whether that kind is required and lacking: nothing has ended.';

COMMENT ON COLUMN "private"."roster_entries"."certification_kind" IS 'The code of the kind that certified_until is about.';

COMMENT ON COLUMN "private"."roster_entries"."certified_until" IS 'The certification of each kind that lasts longest; of those, the earliest last day. infinity: never expires; null: holds none. The day before a required kind began to be missing counts as one.';

COMMENT ON COLUMN "private"."roster_entries"."coordinators" IS 'Who is responsible: coordinators with an open assignment who are active in a chapter of the mentor. [{"id", "display_name"}], sorted by name.';

COMMENT ON COLUMN "private"."roster_entries"."from_on" IS 'The first day of the stretch; -infinity: it had begun when the row was built.';

COMMENT ON COLUMN "private"."roster_entries"."open_requests" IS 'How many requests of the mentor are open.';

COMMENT ON COLUMN "private"."roster_entries"."planned_from" IS 'The first day of the planned pause, if there was a plan when the row was built: it may have begun or ended since.';

COMMENT ON COLUMN "private"."roster_entries"."present_from" IS 'Since when the mentor has been a mentor somewhere without a day in between, if there was an earlier time; -infinity for the first time. A pause from before counts no more.';

COMMENT ON COLUMN "private"."roster_entries"."until_on" IS 'The day after the last one; infinity: nothing is known to end it.';

COMMENT ON INDEX "private"."roster_entries_of_all" IS 'The order of the screen over all chapters.';

COMMENT ON INDEX "private"."roster_entries_that_end" IS 'The nightly run removes what has ended.';

COMMENT ON TABLE "private"."roster_entries" IS 'A row for each mentor and each chapter in which the mentor is active, and for each stretch of days in which that and the rest of the row stay as they are. Maintained by triggers on the tables it is built from.';

COMMENT ON COLUMN "private"."roster_entries"."searched_as" IS 'What a search looks in; null: it is long, and private.roster_names has it.';

COMMENT ON COLUMN "private"."roster_entries"."shown" IS 'The beginning of a row of the page, as JSON: built when it changes, not each time it is read.';

COMMENT ON INDEX "private"."roster_entries_by_certification" IS 'Finds those of a chapter who are expired, or who are not, where they are few.';
