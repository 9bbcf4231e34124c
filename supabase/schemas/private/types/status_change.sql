CREATE TYPE "private"."status_change" AS (
  "mentor_id"    uuid,
  "ordinal"      integer,
  "expired"      boolean,
  "effective_on" date,
  "version"      integer
);

COMMENT ON TYPE "private"."status_change" IS 'A change of the certification fact that the stored status does not have yet; the ordinal counts those of one mentor. effective_on: from when on the mentor has expired, or had none expired (null: never had). version: of the record, once it is changed.';

REVOKE ALL ON TYPE "private"."status_change" FROM PUBLIC;
