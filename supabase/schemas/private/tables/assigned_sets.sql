CREATE TABLE "private"."assigned_sets" (
  "id"             integer GENERATED ALWAYS AS IDENTITY (INCREMENT BY -1 MINVALUE -2147483648 MAXVALUE -1 START WITH -1 CACHE 1 NO CYCLE) NOT NULL,
  "coordinator_id" uuid    NOT NULL,
  "chapter_set_id" integer NOT NULL,
  CONSTRAINT "assigned_sets_below_zero" CHECK ((id < 0)),
  CONSTRAINT "assigned_sets_distinct" UNIQUE (coordinator_id, chapter_set_id),
  CONSTRAINT "assigned_sets_pkey" PRIMARY KEY (id),
  CONSTRAINT "assigned_sets_set_exists" FOREIGN KEY (chapter_set_id) REFERENCES private.chapter_sets(id) ON DELETE CASCADE
);

ALTER TABLE "private"."assigned_sets"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX assigned_sets_by_set ON private.assigned_sets USING btree (chapter_set_id);

COMMENT ON TABLE "private"."assigned_sets" IS 'Who is responsible for mentors of a set of chapters. These mentors are counted like those of a set, under a number below zero.';
