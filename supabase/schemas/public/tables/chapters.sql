CREATE TABLE "public"."chapters" (
  "id"                   uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "name"                 text                     COLLATE pg_catalog."nb-x-icu" NOT NULL,
  "closed_at"            timestamp with time zone,
  "requests_take_effect" boolean                  NOT NULL DEFAULT false,
  CONSTRAINT "chapters_closed_at_possible" CHECK (((closed_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (closed_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "chapters_name_length" CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
  CONSTRAINT "chapters_pkey" PRIMARY KEY (id),
  CONSTRAINT "chapters_name_visible" CHECK (private.is_visible(name))
);

ALTER TABLE "public"."chapters"
  ENABLE ROW LEVEL SECURITY;

CREATE TRIGGER chapters_log_delete AFTER DELETE ON public.chapters REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  'id',
  'id'
);

CREATE TRIGGER chapters_log_insert AFTER INSERT ON public.chapters REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  'id',
  'id'
);

CREATE TRIGGER chapters_log_update AFTER UPDATE ON public.chapters
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  'id',
  'id'
);

CREATE POLICY "select_own_and_managed" ON "public"."chapters"
  FOR SELECT
  TO "authenticated"
  USING (((id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.chapter_id = chapters.id) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at > statement_timestamp())) AND (m.user_id = ( SELECT
    private.my_id() AS my_id)))))));

COMMENT ON COLUMN "public"."chapters"."closed_at" IS 'When it closes or closed: nobody is entered from then on. Null: open.';

COMMENT ON COLUMN "public"."chapters"."requests_take_effect" IS 'Whether what its mentors ask for takes effect at once. Of a mentor of several chapters, all have to say so.';

COMMENT ON TABLE "public"."chapters" IS 'Local chapters of the organisation.';

REVOKE ALL ON TABLE "public"."chapters" FROM "authenticated";

GRANT SELECT ON TABLE "public"."chapters" TO "authenticated";

REVOKE ALL ON TABLE "public"."chapters" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chapters" TO "service_role";

REVOKE ALL ON TABLE "public"."chapters" FROM "anon";
