CREATE TYPE "private"."import_course" AS (
  "row"        integer,
  "person"     integer,
  "id"         uuid,
  "place"      bigint,
  "kind"       text,
  "issued_on"  date,
  "said"       text,
  "expires_on" date,
  "action"     text,
  "was"        date,
  "problem"    text
);

COMMENT ON TYPE "private"."import_course" IS 'A certification of a row. said: its end as written, or null; expires_on: the end that follows; action: insert, shorten, or null for nothing.';
