CREATE TABLE "public"."certification_kinds" (
  "code"                  text    NOT NULL,
  "match_key"             text    NOT NULL,
  "name_nb"               text    NOT NULL,
  "name_nn"               text    NOT NULL,
  "name_en"               text    NOT NULL,
  "months_valid"          integer,
  "is_required"           boolean NOT NULL DEFAULT false,
  "replaced_by"           text,
  "due_after_months_away" integer,
  CONSTRAINT "certification_kinds_code_length" CHECK (((char_length(code) >= 1) AND (char_length(code) <= 100))),
  CONSTRAINT "certification_kinds_due_after_possible" CHECK (((due_after_months_away >= 1) AND (due_after_months_away <= 1200))),
  CONSTRAINT "certification_kinds_matched_once" UNIQUE (match_key),
  CONSTRAINT "certification_kinds_months_valid_possible" CHECK (((months_valid >= 1) AND (months_valid <= 1200))),
  CONSTRAINT "certification_kinds_name_en_length" CHECK (((char_length(name_en) >= 1) AND (char_length(name_en) <= 200))),
  CONSTRAINT "certification_kinds_name_nb_length" CHECK (((char_length(name_nb) >= 1) AND (char_length(name_nb) <= 200))),
  CONSTRAINT "certification_kinds_name_nn_length" CHECK (((char_length(name_nn) >= 1) AND (char_length(name_nn) <= 200))),
  CONSTRAINT "certification_kinds_not_replaced_by_itself" CHECK ((replaced_by <> code)),
  CONSTRAINT "certification_kinds_pkey" PRIMARY KEY (code),
  CONSTRAINT "certification_kinds_successor_exists" FOREIGN KEY (replaced_by) REFERENCES public.certification_kinds(code) ON DELETE RESTRICT,
  CONSTRAINT "certification_kinds_code_visible" CHECK (private.is_visible(code)),
  CONSTRAINT "certification_kinds_name_en_visible" CHECK (private.is_visible(name_en)),
  CONSTRAINT "certification_kinds_name_nb_visible" CHECK (private.is_visible(name_nb)),
  CONSTRAINT "certification_kinds_name_nn_visible" CHECK (private.is_visible(name_nn))
);

ALTER TABLE "public"."certification_kinds"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX certification_kinds_by_successor ON public.certification_kinds USING btree (replaced_by);

CREATE TRIGGER certification_kinds_complete
  BEFORE INSERT OR UPDATE ON public.certification_kinds
  FOR EACH ROW
  EXECUTE FUNCTION private.complete_kind();

CREATE TRIGGER certification_kinds_keep_versions_insert
  AFTER INSERT ON public.certification_kinds REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_kind_versions();

CREATE TRIGGER certification_kinds_keep_versions_update
  AFTER UPDATE ON public.certification_kinds REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.keep_kind_versions();

CREATE TRIGGER certification_kinds_log_delete AFTER DELETE ON public.certification_kinds
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  '',
  'code'
);

CREATE TRIGGER certification_kinds_log_insert AFTER INSERT ON public.certification_kinds
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  '',
  'code'
);

CREATE TRIGGER certification_kinds_log_update AFTER UPDATE ON public.certification_kinds
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  '',
  '',
  'code'
);

CREATE TRIGGER certification_kinds_refresh_roster_delete
  AFTER DELETE ON public.certification_kinds REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_after_kinds();

CREATE TRIGGER certification_kinds_refresh_roster_insert
  AFTER INSERT ON public.certification_kinds REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_after_kinds();

CREATE TRIGGER certification_kinds_refresh_roster_update
  AFTER UPDATE ON public.certification_kinds REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refresh_after_kinds();

CREATE TRIGGER certification_kinds_refuse_truncate
  BEFORE TRUNCATE ON public.certification_kinds
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE POLICY "select_signed_in" ON "public"."certification_kinds"
  FOR SELECT
  TO "authenticated"
  USING ((( SELECT private.my_id() AS my_id) IS NOT NULL));

COMMENT ON COLUMN "public"."certification_kinds"."code" IS 'What certifications.kind says. Matched without regard to case and surrounding space.';

COMMENT ON COLUMN "public"."certification_kinds"."due_after_months_away" IS 'After a pause of so many calendar months it is asked for again: a hint to the coordinator, never a block. Null: never.';

COMMENT ON COLUMN "public"."certification_kinds"."is_required" IS 'Whether every mentor needs it: to lack it equals an expired one.';

COMMENT ON COLUMN "public"."certification_kinds"."match_key" IS 'The code as it is matched; kept by a trigger.';

COMMENT ON COLUMN "public"."certification_kinds"."months_valid" IS 'Calendar months for which a new certification is valid when no end is given, through the day so many months after the issue; null: it never expires.';

COMMENT ON COLUMN "public"."certification_kinds"."replaced_by" IS 'The kind whose valid certification counts for this one too, and so on from there; never the other way round.';

COMMENT ON TABLE "public"."certification_kinds" IS 'Kinds of certification. One in use can be replaced, not deleted.';

REVOKE ALL ON TABLE "public"."certification_kinds" FROM "authenticated";

GRANT SELECT ON TABLE "public"."certification_kinds" TO "authenticated";

REVOKE ALL ON TABLE "public"."certification_kinds" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."certification_kinds" TO "service_role";

REVOKE ALL ON TABLE "public"."certification_kinds" FROM "anon";
