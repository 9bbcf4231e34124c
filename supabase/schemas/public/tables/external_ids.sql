CREATE TABLE "public"."external_ids" (
  "source"      text NOT NULL,
  "external_id" text NOT NULL,
  "person_id"   uuid NOT NULL,
  CONSTRAINT "external_ids_external_id_length" CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 100))),
  CONSTRAINT "external_ids_pkey" PRIMARY KEY (source, external_id),
  CONSTRAINT "external_ids_source_length" CHECK (((char_length(source) >= 1) AND (char_length(source) <= 100))),
  CONSTRAINT "external_ids_person_exists" FOREIGN KEY (person_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "external_ids_external_id_visible" CHECK (private.is_visible(external_id)),
  CONSTRAINT "external_ids_source_visible" CHECK (private.is_visible(source))
);

ALTER TABLE "public"."external_ids"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX external_ids_by_person ON public.external_ids USING btree (person_id);

CREATE TRIGGER external_ids_log_delete AFTER DELETE ON public.external_ids REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'source, external_id'
);

CREATE TRIGGER external_ids_log_insert AFTER INSERT ON public.external_ids REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'source, external_id'
);

CREATE TRIGGER external_ids_log_update AFTER UPDATE ON public.external_ids
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'source, external_id'
);

CREATE TRIGGER external_ids_refuse_erased_insert AFTER INSERT ON public.external_ids REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'person_id'
);

CREATE TRIGGER external_ids_refuse_erased_update AFTER UPDATE ON public.external_ids
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'person_id'
);

CREATE TRIGGER external_ids_refuse_truncate
  BEFORE TRUNCATE ON public.external_ids
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE POLICY "select_own_and_administered" ON "public"."external_ids"
  FOR SELECT
  TO "authenticated"
  USING (((person_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = external_ids.person_id) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at > statement_timestamp())) AND (m.chapter_id = ANY ((
    SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])))))));

COMMENT ON COLUMN "public"."external_ids"."source" IS 'The other system.';

COMMENT ON TABLE "public"."external_ids" IS 'What other systems call a person, so that an import knows them again: a member number, say.';

REVOKE ALL ON TABLE "public"."external_ids" FROM "authenticated";

GRANT SELECT ON TABLE "public"."external_ids" TO "authenticated";

REVOKE ALL ON TABLE "public"."external_ids" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."external_ids" TO "service_role";

REVOKE ALL ON TABLE "public"."external_ids" FROM "anon";
