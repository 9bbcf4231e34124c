CREATE TYPE "private"."digest_line" AS (
  "recipient_id"       uuid,
  "is_assigned"        boolean,
  "mentor_id"          uuid,
  "display_name"       text,
  "was_expected_on"    date,
  "returns_on"         date,
  "certified_until"    date,
  "certification_kind" text,
  "asks_for"           text[]
);

COMMENT ON TYPE "private"."digest_line" IS 'A mentor in somebody''s weekly digest, and what for: should have been back, returns this week, has a certification that ends within the month, asks for something.';

REVOKE ALL ON TYPE "private"."digest_line" FROM PUBLIC;
