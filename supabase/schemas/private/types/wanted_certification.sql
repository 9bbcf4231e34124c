CREATE TYPE "private"."wanted_certification" AS (
  "kind"       text,
  "issued_on"  date,
  "expires_on" date
);

COMMENT ON TYPE "private"."wanted_certification" IS 'A certification that is to be registered, with the end that its kind gives it.';
