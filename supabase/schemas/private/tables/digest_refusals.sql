CREATE TABLE "private"."digest_refusals" (
  "person_id" uuid NOT NULL,
  CONSTRAINT "digest_refusals_pkey" PRIMARY KEY (person_id)
);

ALTER TABLE "private"."digest_refusals"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE "private"."digest_refusals" IS 'Who has turned the weekly digest off.';
