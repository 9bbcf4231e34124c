CREATE TABLE "private"."settings" (
  "only_row"         boolean NOT NULL DEFAULT true,
  "time_zone"        text    NOT NULL DEFAULT 'Europe/Oslo'::text,
  "cursor_key"       bytea   NOT NULL,
  "kinds_have_rules" boolean NOT NULL DEFAULT false,
  CONSTRAINT "settings_cursor_key_length" CHECK ((octet_length(cursor_key) = 32)),
  CONSTRAINT "settings_only_one_row" CHECK (only_row),
  CONSTRAINT "settings_pkey" PRIMARY KEY (only_row),
  CONSTRAINT "settings_time_zone_known" CHECK ((('1970-01-01 00:00:00+00'::timestamp with time zone AT TIME ZONE time_zone) IS NOT NULL))
);

ALTER TABLE "private"."settings"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."settings"."cursor_key" IS 'Secret with which page cursors are sealed. Replacing it invalidates the cursors in use, and does nothing else.';

COMMENT ON COLUMN "private"."settings"."kinds_have_rules" IS 'Whether some kind of certification is or was required or replaced; else each is judged by itself, which is quicker. Kept by a trigger.';

COMMENT ON COLUMN "private"."settings"."time_zone" IS 'IANA name. The one zone in which dates are judged, whoever calls.';

COMMENT ON TABLE "private"."settings" IS 'One row: what holds for the whole organisation.';
