CREATE TABLE "private"."unacknowledged" (
  "id"             bigint  GENERATED ALWAYS AS IDENTITY NOT NULL,
  "mentor_id"      uuid    NOT NULL,
  "chapter_set_id" integer,
  CONSTRAINT "unacknowledged_pkey" PRIMARY KEY (id),
  CONSTRAINT "unacknowledged_set_exists" FOREIGN KEY (chapter_set_id) REFERENCES private.chapter_sets(id) ON DELETE SET NULL
);

ALTER TABLE "private"."unacknowledged"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX unacknowledged_by_mentor ON private.unacknowledged USING btree (mentor_id);

CREATE INDEX unacknowledged_by_set ON private.unacknowledged USING btree (chapter_set_id, mentor_id);

COMMENT ON COLUMN "private"."unacknowledged"."chapter_set_id" IS 'Where the mentor is active, else the last chapter, or the empty set for a person who never was a mentor. Null: not looked up yet, so that every page looks at it.';

COMMENT ON TABLE "private"."unacknowledged" IS 'The mentors about whom an undeliverable notification or a discrepancy waits to be acknowledged, in one row or in several.';
