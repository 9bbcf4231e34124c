CREATE TYPE "private"."import_assignment" AS (
  "row"            integer,
  "id"             uuid,
  "coordinator_id" uuid,
  "coordinator"    text,
  "action"         text,
  "problem"        text
);

COMMENT ON TYPE "private"."import_assignment" IS 'The coordinator whom a row names.';
