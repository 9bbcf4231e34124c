CREATE TYPE "private"."status_change" AS (
  "mentor_id"          uuid,
  "ordinal"            integer,
  "has_left"           boolean,
  "expired"            boolean,
  "effective_on"       date,
  "version"            integer,
  "certification_kind" text,
  "planned_pause_id"   uuid
);

COMMENT ON TYPE "private"."status_change" IS 'A change that the stored status does not have yet; the ordinal counts those of one mentor. has_left: the person is no mentor any more, and what is open closes; planned_pause_id: the plan that becomes a pause; else expired says what the certification fact has become. effective_on: from when on (null: the certification that had expired is gone, not renewed). version: of the record, once it is changed. certification_kind: which one has expired, is missing or was renewed (null: has_left, or no kind was renewed).';

REVOKE ALL ON TYPE "private"."status_change" FROM PUBLIC;
