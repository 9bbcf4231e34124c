CREATE TABLE "private"."chapter_sets" (
  "id"          integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  "chapter_ids" uuid[]  NOT NULL,
  CONSTRAINT "chapter_sets_distinct" UNIQUE (chapter_ids),
  CONSTRAINT "chapter_sets_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."chapter_sets"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."chapter_sets"."chapter_ids" IS 'Sorted.';

COMMENT ON TABLE "private"."chapter_sets" IS 'The combinations of chapters in which some mentor is active.';
