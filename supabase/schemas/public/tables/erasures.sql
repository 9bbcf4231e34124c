CREATE TABLE "public"."erasures" (
  "id"        bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "person_id" uuid                     NOT NULL,
  "actor_id"  uuid,
  "erased_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "erasures_pkey" PRIMARY KEY (id),
  CONSTRAINT "erasures_person_exists" FOREIGN KEY (person_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "public"."erasures"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX erasures_by_person ON public.erasures USING btree (person_id);

CREATE TRIGGER erasures_record_facts_insert AFTER INSERT ON public.erasures REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.identity_versions',
  'person_id, was_erased',
  'person_id, was_erased',
  'person_id, true as was_erased',
  'true'
);

CREATE TRIGGER erasures_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON public.erasures
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The log of erasures is append-only.');

CREATE POLICY "select_administered" ON "public"."erasures"
  FOR SELECT
  TO "authenticated"
  USING ((( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE ((m.user_id = erasures.person_id) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])))))));

COMMENT ON COLUMN "public"."erasures"."actor_id" IS 'The administrator who asked; null when the user was deleted in Supabase Auth.';

COMMENT ON TABLE "public"."erasures" IS 'Append-only: which ids were pseudonymised, when and by whom.';

REVOKE ALL ON TABLE "public"."erasures" FROM "authenticated";

GRANT SELECT ON TABLE "public"."erasures" TO "authenticated";

REVOKE ALL ON TABLE "public"."erasures" FROM "service_role";

GRANT SELECT ON TABLE "public"."erasures" TO "service_role";

REVOKE ALL ON TABLE "public"."erasures" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."erasures_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."erasures_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."erasures_id_seq" FROM "service_role";
