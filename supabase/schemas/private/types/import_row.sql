CREATE TYPE "private"."import_row" AS (
  "row"          integer,
  "person"       integer,
  "refused"      boolean,
  "display_name" text,
  "email"        text,
  "phone"        text,
  "external_id"  text,
  "chapter"      text,
  "role"         text,
  "coordinator"  text,
  "started_on"   date,
  "last_day"     text,
  "locale"       text
);

COMMENT ON TYPE "private"."import_row" IS 'A row of a list. person is the number of the first row about the same person; refused: it could not be read.';
