CREATE TYPE "private"."roster_entry" AS (
  "mentor_id"                uuid,
  "chapter_id"               uuid,
  "from_on"                  date,
  "until_on"                 date,
  "present_from"             date,
  "display_name"             text,
  "chapter_ids"              uuid[],
  "certified_until"          date,
  "certification_kind"       text,
  "certification_is_missing" boolean,
  "planned_from"             date,
  "open_requests"            smallint,
  "coordinators"             jsonb
);

COMMENT ON TYPE "private"."roster_entry" IS 'A row of private.roster_entries, with the chapters instead of the number of their set.';

REVOKE ALL ON TYPE "private"."roster_entry" FROM PUBLIC;
