CREATE TYPE "private"."import_judgement" AS (
  "people"      private.import_person[],
  "places"      private.import_place[],
  "courses"     private.import_course[],
  "assignments" private.import_assignment[],
  "profiles"    private.import_profile[],
  "outcomes"    private.import_outcome[],
  "chapter_ids" uuid[],
  "warnings"    jsonb,
  "missing"     jsonb
);

COMMENT ON TYPE "private"."import_judgement" IS 'What an import would do, or does.';
