CREATE TYPE "private"."import_outcome" AS (
  "row"        integer,
  "person"     integer,
  "outcome"    text,
  "person_id"  uuid,
  "id"         uuid,
  "chapter_id" uuid,
  "problems"   text,
  "changes"    text
);

COMMENT ON TYPE "private"."import_outcome" IS 'What happens to a row. person_id: as a preview may show it; id: whom it is about. problems and changes are JSON.';
