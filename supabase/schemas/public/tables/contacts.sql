CREATE TABLE "public"."contacts" (
  "person_id" uuid NOT NULL,
  "email"     text,
  "phone"     text,
  CONSTRAINT "contacts_email_format"
    CHECK
    (((email = lower(email)) AND ((char_length(email) >= 3) AND (char_length(email) <= 254)) AND (email ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$'::text))),
  CONSTRAINT "contacts_email_unique" UNIQUE (email),
  CONSTRAINT "contacts_phone_format" CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
  CONSTRAINT "contacts_pkey" PRIMARY KEY (person_id),
  CONSTRAINT "contacts_person_exists" FOREIGN KEY (person_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "public"."contacts"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER contacts_log_delete AFTER DELETE ON public.contacts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'person_id'
);

CREATE TRIGGER contacts_log_insert AFTER INSERT ON public.contacts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'person_id'
);

CREATE TRIGGER contacts_log_update AFTER UPDATE ON public.contacts
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'person_id',
  '',
  'person_id'
);

CREATE TRIGGER contacts_refuse_erased_insert AFTER INSERT ON public.contacts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'person_id'
);

CREATE TRIGGER contacts_refuse_erased_update AFTER UPDATE ON public.contacts
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'person_id'
);

CREATE TRIGGER contacts_refuse_truncate
  BEFORE TRUNCATE ON public.contacts
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE POLICY "select_own_and_managed" ON "public"."contacts"
  FOR SELECT
  TO "authenticated"
  USING (((person_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = contacts.person_id) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at > statement_timestamp())) AND (((m.role = 'mentor'::text)
    AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[]))) OR
    (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[]))))))));

COMMENT ON COLUMN "public"."contacts"."email" IS 'In lower case.';

COMMENT ON COLUMN "public"."contacts"."phone" IS 'E.164: a plus sign, the country''s code, and the number, without spaces.';

COMMENT ON TABLE "public"."contacts" IS 'For recognising, inviting and calling people. Of somebody with a login, the address in Supabase Auth counts.';

REVOKE ALL ON TABLE "public"."contacts" FROM "authenticated";

GRANT SELECT ON TABLE "public"."contacts" TO "authenticated";

REVOKE ALL ON TABLE "public"."contacts" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."contacts" TO "service_role";

REVOKE ALL ON TABLE "public"."contacts" FROM "anon";
