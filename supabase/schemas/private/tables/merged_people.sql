CREATE TABLE "private"."merged_people" (
  "dropped_id" uuid                     NOT NULL,
  "kept_id"    uuid                     NOT NULL,
  "actor_id"   uuid,
  "merged_at"  timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "merged_people_are_two" CHECK ((dropped_id <> kept_id)),
  CONSTRAINT "merged_people_pkey" PRIMARY KEY (dropped_id),
  CONSTRAINT "merged_people_dropped_exists" FOREIGN KEY (dropped_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "merged_people_kept_exists" FOREIGN KEY (kept_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "private"."merged_people"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX merged_people_by_kept ON private.merged_people USING btree (kept_id);

CREATE TRIGGER merged_people_record_facts_insert AFTER INSERT ON private.merged_people REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.identity_versions',
  'person_id, was_erased',
  'person_id, was_erased, kept_id',
  'dropped_id as person_id, false as was_erased, kept_id',
  'true'
);

CREATE TRIGGER merged_people_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON private.merged_people
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The log of joined profiles is append-only.');

COMMENT ON TABLE "private"."merged_people" IS 'Append-only: which profile was joined into which. A kept one that is dropped later leads on to the next.';
