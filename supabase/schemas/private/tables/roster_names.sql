CREATE TABLE "private"."roster_names" (
  "mentor_id"    uuid NOT NULL,
  "chapter_id"   uuid NOT NULL,
  "display_name" text COLLATE pg_catalog."nb-x-icu" NOT NULL,
  CONSTRAINT "roster_names_pkey" PRIMARY KEY (mentor_id, chapter_id)
);

ALTER TABLE "private"."roster_names"
  ENABLE ROW LEVEL SECURITY;

ALTER TABLE "private"."roster_names"
  ADD COLUMN "searched_as" text COLLATE pg_catalog."C" GENERATED ALWAYS AS (private.searchable(display_name)) STORED NOT NULL;

CREATE INDEX roster_names_by_part ON private.roster_names USING gin (private.search_keys(chapter_id, searched_as, 1))
  WITH (fastupdate=off);

COMMENT ON TABLE "private"."roster_names" IS 'The names once more, with an index of their parts: a row for each mentor and chapter that have an entry.';

COMMENT ON INDEX "private"."roster_names_by_part" IS 'Finds a part of a name where it is rare.';
