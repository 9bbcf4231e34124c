CREATE TYPE "private"."import_place" AS (
  "row"           integer,
  "person"        integer,
  "id"            uuid,
  "chapter_id"    uuid,
  "chapter"       text,
  "role"          text,
  "action"        text,
  "membership_id" uuid,
  "started_at"    timestamp WITH time zone,
  "ended_at"      timestamp WITH time zone,
  "first_was"     date,
  "last_was"      date,
  "problem"       text
);

COMMENT ON TYPE "private"."import_place" IS 'The membership that a row says. action: insert, update, or null for nothing.';
