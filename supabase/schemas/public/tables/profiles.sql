CREATE TABLE "public"."profiles" (
  "id"           uuid NOT NULL,
  "display_name" text COLLATE pg_catalog."nb-x-icu" NOT NULL,
  "locale"       text NOT NULL DEFAULT 'nb'::text,
  CONSTRAINT "profiles_display_name_length" CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 200))),
  CONSTRAINT "profiles_locale_format" CHECK ((locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$'::text)),
  CONSTRAINT "profiles_pkey" PRIMARY KEY (id),
  CONSTRAINT "profiles_display_name_visible" CHECK (private.is_visible(display_name))
);

ALTER TABLE "public"."profiles"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX profiles_by_name ON public.profiles USING btree (display_name, id);

CREATE INDEX profiles_with_names ON public.profiles USING btree (id) INCLUDE (display_name);

CREATE TRIGGER profiles_add_person_locks
  AFTER INSERT ON public.profiles REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.add_person_locks();

CREATE TRIGGER profiles_log_insert AFTER INSERT ON public.profiles REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'id',
  '',
  'id'
);

CREATE TRIGGER profiles_log_update AFTER UPDATE ON public.profiles
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'id',
  '',
  'id'
);

CREATE TRIGGER profiles_refresh_roster_update AFTER UPDATE ON public.profiles
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'id'
);

CREATE TRIGGER profiles_refuse_another_id
  BEFORE UPDATE ON public.profiles
  FOR EACH ROW
  WHEN ((new.id <> old.id))
  EXECUTE FUNCTION private.refuse_removal('A person keeps the id.');

CREATE TRIGGER profiles_refuse_erased AFTER UPDATE ON public.profiles
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'id'
);

CREATE TRIGGER profiles_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.profiles
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Erase the person instead.');

CREATE POLICY "select_own_and_managed" ON "public"."profiles"
  FOR SELECT
  TO "authenticated"
  USING (((id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = profiles.id) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at > statement_timestamp())) AND (m.chapter_id = ANY (( SELECT
    private.my_chapter_ids() AS my_chapter_ids)::uuid[])))))));

CREATE INDEX profiles_by_name_key ON public.profiles USING btree (private.name_key(display_name));

CREATE INDEX profiles_by_search ON public.profiles USING gin (private.name_keys(display_name));

COMMENT ON COLUMN "public"."profiles"."display_name" IS 'Sorted as Norwegians sort: … z æ ø å.';

COMMENT ON COLUMN "public"."profiles"."id" IS 'Equal to the id in auth.users, without a foreign key: deleting the user must always succeed and must not delete history.';

COMMENT ON COLUMN "public"."profiles"."locale" IS 'Language of messages to this person: nb, nn or en; anything else counts as nb.';

COMMENT ON INDEX "public"."profiles_by_name" IS 'The order of the screen.';

COMMENT ON INDEX "public"."profiles_with_names" IS 'The name of each person whose id is near, from few pages.';

COMMENT ON TABLE "public"."profiles" IS 'People. The row outlives the user in Supabase Auth: erasure removes the name and keeps the id, so that history still adds up.';

COMMENT ON INDEX "public"."profiles_by_name_key" IS 'Finds who perhaps is the same person as one in a list.';

COMMENT ON INDEX "public"."profiles_by_search" IS 'Finds a part of a name where it is rare.';

REVOKE ALL ON TABLE "public"."profiles" FROM "authenticated";

GRANT SELECT ON TABLE "public"."profiles" TO "authenticated";

REVOKE ALL ON TABLE "public"."profiles" FROM "service_role";

GRANT INSERT, SELECT, UPDATE ON TABLE "public"."profiles" TO "service_role";

REVOKE ALL ON TABLE "public"."profiles" FROM "anon";
