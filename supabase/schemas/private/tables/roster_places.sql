CREATE TABLE "private"."roster_places" (
  "mentor_id"    uuid    NOT NULL,
  "chapter_id"   uuid    NOT NULL,
  "from_on"      date    NOT NULL,
  "until_on"     date    NOT NULL,
  "present_from" date    NOT NULL,
  "is_paused"    boolean NOT NULL,
  "is_planned"   boolean NOT NULL DEFAULT false,
  "display_name" text    COLLATE pg_catalog."nb-x-icu" NOT NULL,
  CONSTRAINT "roster_places_pkey" PRIMARY KEY (mentor_id, chapter_id, from_on)
);

ALTER TABLE "private"."roster_places"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."roster_places"
  ADD COLUMN "searched_as" text COLLATE pg_catalog."C" GENERATED ALWAYS AS (private.briefly_searchable(display_name)) STORED;

ALTER TABLE "private"."roster_places"
  ADD COLUMN "certified_until" date;

ALTER TABLE "private"."roster_places"
  ADD COLUMN "expected_return_date" date;

ALTER TABLE "private"."roster_places"
  ADD COLUMN "has_request" boolean NOT NULL DEFAULT false;

ALTER TABLE "private"."roster_places"
  ADD COLUMN "assigned_to" uuid[];

CREATE INDEX roster_places_by_return ON private.roster_places USING btree (chapter_id, expected_return_date)
  INCLUDE (display_name, mentor_id, certified_until, from_on, until_on, searched_as, assigned_to)
  WHERE is_paused;

CREATE INDEX roster_places_in_order ON private.roster_places USING btree (chapter_id, is_paused, display_name, mentor_id)
  INCLUDE (certified_until, from_on, until_on, searched_as, expected_return_date, has_request, assigned_to);

CREATE INDEX roster_places_with_request ON private.roster_places USING btree (chapter_id, display_name, mentor_id)
  INCLUDE (is_paused, certified_until, from_on, until_on, searched_as, assigned_to)
  WHERE has_request;

COMMENT ON COLUMN "private"."roster_places"."is_paused" IS 'Whether a coordinator paused the mentor, whatever the certification; on the days of a plan too.';

COMMENT ON COLUMN "private"."roster_places"."is_planned" IS 'Whether these were the days of a planned pause when the row was built.';

COMMENT ON TABLE "private"."roster_places" IS 'The order of the screen once more, those who are paused apart from those who are not: a row for each entry, two where a planned pause begins on one of its days.';

COMMENT ON COLUMN "private"."roster_places"."assigned_to" IS 'The ids of the coordinators that the entry names. Null: it names none; empty: more than twenty, and only the entry has them.';

COMMENT ON COLUMN "private"."roster_places"."expected_return_date" IS 'Of that pause, or of the plan; null: none is known, or there is no pause.';

COMMENT ON COLUMN "private"."roster_places"."has_request" IS 'Whether a request of the mentor is open.';

COMMENT ON COLUMN "private"."roster_places"."searched_as" IS 'What a search looks in; null: it is long, and private.roster_names has it.';

COMMENT ON INDEX "private"."roster_places_by_return" IS 'Finds those of a chapter who are due back, and those who are expected at no time, where they are few.';

COMMENT ON INDEX "private"."roster_places_with_request" IS 'The order of the screen, of those who ask for something.';
