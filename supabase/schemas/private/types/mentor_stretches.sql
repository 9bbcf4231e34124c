CREATE TYPE "private"."mentor_stretches" AS (
  "mentor_id" uuid,
  "stretches" jsonb
);
