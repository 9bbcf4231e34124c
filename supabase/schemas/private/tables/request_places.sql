CREATE TABLE "private"."request_places" (
  "id"         uuid                     NOT NULL,
  "chapter_id" uuid                     NOT NULL,
  "state"      text                     NOT NULL,
  "created_at" timestamp with time zone NOT NULL,
  CONSTRAINT "request_places_pkey" PRIMARY KEY (id, chapter_id)
);

ALTER TABLE "private"."request_places"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX request_places_in_order ON private.request_places USING btree (chapter_id, state, created_at, id);

COMMENT ON TABLE "private"."request_places" IS 'Read model: each request once more for each chapter in which its mentor has a membership that has not ended.';
