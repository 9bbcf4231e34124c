CREATE TABLE "public"."chapters" (
  "id"   uuid NOT NULL DEFAULT gen_random_uuid(),
  "name" text COLLATE pg_catalog."nb-x-icu" NOT NULL,
  CONSTRAINT "chapters_name_length" CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT "chapters_pkey" PRIMARY KEY (id),
  CONSTRAINT "chapters_name_visible" CHECK (private.is_visible(name))
);

ALTER TABLE "public"."chapters"
  ENABLE ROW LEVEL SECURITY;

CREATE POLICY "select_own_and_managed" ON "public"."chapters"
  FOR SELECT
  TO "authenticated"
  USING (((id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE ((m.chapter_id = chapters.id) AND (m.ended_at IS NULL) AND (m.user_id = ( SELECT private.my_id() AS my_id)))))));

COMMENT ON TABLE "public"."chapters" IS 'Local chapters of the organisation.';

REVOKE ALL ON TABLE "public"."chapters" FROM "authenticated";

GRANT SELECT ON TABLE "public"."chapters" TO "authenticated";

REVOKE ALL ON TABLE "public"."chapters" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chapters" TO "service_role";

REVOKE ALL ON TABLE "public"."chapters" FROM "anon";
