CREATE TABLE "private"."person_locks" (
  "person_id" uuid NOT NULL,
  CONSTRAINT "person_locks_pkey" PRIMARY KEY (person_id)
);

ALTER TABLE "private"."person_locks"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE "private"."person_locks" IS 'A row for each profile, never changed, only locked: by whoever changes a mentor''s status or what the roster shows of somebody, in the order of the ids.';
