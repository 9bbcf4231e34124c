CREATE TYPE "private"."import_profile" AS (
  "row"          integer,
  "id"           uuid,
  "is_new"       boolean,
  "display_name" text,
  "email"        text,
  "phone"        text,
  "locale"       text,
  "number"       text,
  "name_was"     text,
  "email_was"    text,
  "phone_was"    text,
  "locale_was"   text
);

COMMENT ON TYPE "private"."import_profile" IS 'What a row changes of its person by itself; null where it changes nothing.';
