CREATE TABLE "private"."idempotent_requests" (
  "caller_id"   uuid                     NOT NULL,
  "request_id"  uuid                     NOT NULL,
  "fingerprint" bytea                    NOT NULL,
  "mentor_id"   uuid,
  "response"    jsonb                    NOT NULL,
  "created_at"  timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "idempotent_requests_pkey" PRIMARY KEY (caller_id, request_id)
);

ALTER TABLE "private"."idempotent_requests"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX idempotent_requests_by_age ON private.idempotent_requests USING btree (created_at);

CREATE INDEX idempotent_requests_by_mentor ON private.idempotent_requests USING btree (mentor_id);

CREATE INDEX idempotent_requests_of_imports ON private.idempotent_requests USING btree (created_at)
  WHERE ((mentor_id IS NULL) AND (response ? 'preview'::text));

COMMENT ON COLUMN "private"."idempotent_requests"."fingerprint" IS 'Hash of what was asked; the same key with another one is refused.';

COMMENT ON COLUMN "private"."idempotent_requests"."mentor_id" IS 'Whom the response is about: of somebody who was erased it holds ids only. Null when it is about nobody, a chapter say.';

COMMENT ON INDEX "private"."idempotent_requests_of_imports" IS 'The answers that an erasure reduces to ids, whoever it is about.';

COMMENT ON TABLE "private"."idempotent_requests" IS 'Answers of RPCs that succeeded, given again when the same caller repeats the same request. Kept for 72 hours: pruned by the nightly run, and by about every 64th answer.';
