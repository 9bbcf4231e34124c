CREATE TYPE "private"."import_person" AS (
  "person"           integer,
  "first_row"        integer,
  "id"               uuid,
  "standing"         text,
  "by_number"        boolean,
  "number"           text,
  "number_is_known"  boolean,
  "email_is_known"   boolean,
  "email_of_another" boolean,
  "has_email"        boolean,
  "same_as"          integer,
  "name"             text
);

COMMENT ON TYPE "private"."import_person" IS 'Somebody whom a list is about. standing: new; whole: may be changed; shared: is of other chapters too; elsewhere: only of those; final, repeated: refused.';
