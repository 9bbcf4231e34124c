CREATE TABLE "private"."chapter_set_members" (
  "chapter_id"     uuid    NOT NULL,
  "chapter_set_id" integer NOT NULL,
  CONSTRAINT "chapter_set_members_pkey" PRIMARY KEY (chapter_id, chapter_set_id),
  CONSTRAINT "chapter_set_members_set_exists" FOREIGN KEY (chapter_set_id) REFERENCES private.chapter_sets(id) ON DELETE CASCADE
);

ALTER TABLE "private"."chapter_set_members"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX chapter_set_members_by_set ON private.chapter_set_members USING btree (chapter_set_id);

COMMENT ON TABLE "private"."chapter_set_members" IS 'Which sets a chapter is part of.';
