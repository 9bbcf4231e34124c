CREATE TYPE "private"."status_change" AS (
  "mentor_id"       uuid,
  "ordinal"         integer,
  "expired"         boolean,
  "certified_until" date,
  "certified_since" date
);

COMMENT ON TYPE "private"."status_change" IS 'A change of the certification fact that the stored status does not have yet; the ordinal counts those of one mentor.';

REVOKE ALL ON TYPE "private"."status_change" FROM PUBLIC;
