CREATE TYPE "private"."import_step" AS (
  "row"         integer,
  "person"      integer,
  "id"          uuid,
  "standing"    text,
  "chapter_id"  uuid,
  "chapter"     text,
  "closes_at"   timestamp WITH time zone,
  "role"        text,
  "starts_on"   date,
  "ends"        text,
  "coordinator" text,
  "problems"    text[]
);

COMMENT ON TYPE "private"."import_step" IS 'A row with its person and its chapter. problems are field, code and perhaps another row, each with a colon between.';
