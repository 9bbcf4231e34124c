CREATE TABLE "private"."roster_entries" (
  "mentor_id"       uuid    NOT NULL,
  "chapter_id"      uuid    NOT NULL,
  "display_name"    text    COLLATE pg_catalog."nb-x-icu" NOT NULL,
  "chapter_set_id"  integer NOT NULL,
  "certified_until" date,
  "recheck_on"      date,
  "coordinators"    jsonb   NOT NULL,
  CONSTRAINT "roster_entries_pkey" PRIMARY KEY (mentor_id, chapter_id)
);

ALTER TABLE "private"."roster_entries"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX roster_entries_by_set ON private.roster_entries USING btree (chapter_set_id, mentor_id);

CREATE INDEX roster_entries_in_order ON private.roster_entries USING btree (chapter_id, display_name, mentor_id);

CREATE INDEX roster_entries_to_recheck ON private.roster_entries USING btree (chapter_id, recheck_on)
  WHERE (recheck_on IS NOT NULL);

ALTER TABLE "private"."roster_entries"
  ADD COLUMN "searched_as" text COLLATE pg_catalog."C" GENERATED ALWAYS AS (private.searchable(display_name)) STORED NOT NULL;

ALTER TABLE "private"."roster_entries"
  ADD COLUMN "shown" text COLLATE pg_catalog."C" GENERATED ALWAYS AS (private.entry_as_json(mentor_id, display_name, coordinators)) STORED NOT NULL;

COMMENT ON COLUMN "private"."roster_entries"."certified_until" IS 'The certification of each kind that lasts longest; of those, the earliest last day. infinity: never expires; null: holds none.';

COMMENT ON COLUMN "private"."roster_entries"."coordinators" IS 'Who is responsible: coordinators with an open assignment who are active in a chapter of the mentor. [{"id", "display_name"}], sorted by name.';

COMMENT ON COLUMN "private"."roster_entries"."recheck_on" IS 'When a certification registered in advance begins to count: from that day certified_until has to be looked up.';

COMMENT ON TABLE "private"."roster_entries" IS 'One row for each chapter in which a mentor is active, maintained by triggers on the tables it is built from.';

COMMENT ON COLUMN "private"."roster_entries"."searched_as" IS 'What a search looks in.';

COMMENT ON COLUMN "private"."roster_entries"."shown" IS 'The beginning of a row of the page, as JSON: built when it changes, not each time it is read.';
