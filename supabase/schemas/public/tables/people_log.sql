CREATE TABLE "public"."people_log" (
  "id"          bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "actor_id"    uuid,
  "command"     text                     NOT NULL,
  "person_id"   uuid,
  "chapter_id"  uuid,
  "before"      jsonb,
  "after"       jsonb,
  "occurred_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "people_log_command_length" CHECK (((char_length(command) >= 1) AND (char_length(command) <= 100))),
  CONSTRAINT "people_log_pkey" PRIMARY KEY (id)
);

ALTER TABLE "public"."people_log"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX people_log_by_chapter ON public.people_log USING btree (chapter_id, id);

CREATE INDEX people_log_by_person ON public.people_log USING btree (person_id, id);

CREATE TRIGGER people_log_guard
  BEFORE UPDATE ON public.people_log
  FOR EACH ROW
  EXECUTE FUNCTION private.guard_people_log();

CREATE TRIGGER people_log_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.people_log
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The log is append-only.');

CREATE POLICY "select_own_and_administered" ON "public"."people_log"
  FOR SELECT
  TO "authenticated"
  USING
    (((person_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (chapter_id = ANY (( SELECT
    private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])) OR ((chapter_id IS NULL) AND (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = people_log.person_id) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])) AND (m.started_at <=
    people_log.occurred_at) AND ((m.ended_at IS NULL) OR (m.ended_at > people_log.occurred_at))))))));

COMMENT ON COLUMN "public"."people_log"."actor_id" IS 'Who did it by a command; null for a direct write, by another system or a hand.';

COMMENT ON COLUMN "public"."people_log"."after" IS 'What is since; null for what was removed, and of somebody who was erased.';

COMMENT ON COLUMN "public"."people_log"."before" IS 'What was; null for what is new, and of somebody who was erased.';

COMMENT ON COLUMN "public"."people_log"."chapter_id" IS 'The chapter that it is about; null where it is about the person as a whole.';

COMMENT ON COLUMN "public"."people_log"."command" IS 'The RPC''s name, import or invite; for a direct write insert, update or delete and the table.';

COMMENT ON COLUMN "public"."people_log"."person_id" IS 'Whom it is about; null for chapters and kinds.';

COMMENT ON TABLE "public"."people_log" IS 'Append-only: every change of people, memberships, assignments, certifications, contacts, chapters, kinds and administrators. Erasure alone empties before and after.';

REVOKE ALL ON TABLE "public"."people_log" FROM "authenticated";

GRANT SELECT ON TABLE "public"."people_log" TO "authenticated";

REVOKE ALL ON TABLE "public"."people_log" FROM "service_role";

GRANT SELECT ON TABLE "public"."people_log" TO "service_role";

REVOKE ALL ON TABLE "public"."people_log" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."people_log_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."people_log_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."people_log_id_seq" FROM "service_role";
