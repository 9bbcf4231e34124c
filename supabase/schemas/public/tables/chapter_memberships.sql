CREATE TABLE "public"."chapter_memberships" (
  "id"         uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "chapter_id" uuid                     NOT NULL,
  "user_id"    uuid                     NOT NULL,
  "role"       text                     NOT NULL,
  "started_at" timestamp with time zone NOT NULL DEFAULT now(),
  "ended_at"   timestamp with time zone,
  CONSTRAINT "chapter_memberships_ended_at_possible" CHECK (((ended_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (ended_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "chapter_memberships_ends_after_start" CHECK ((ended_at >= started_at)),
  CONSTRAINT "chapter_memberships_pkey" PRIMARY KEY (id),
  CONSTRAINT "chapter_memberships_role_known" CHECK ((role = ANY (ARRAY['mentor'::text, 'coordinator'::text, 'administrator'::text]))),
  CONSTRAINT "chapter_memberships_started_at_possible" CHECK (((started_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (started_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "chapter_memberships_chapter_exists" FOREIGN KEY (chapter_id) REFERENCES public.chapters(id) ON DELETE RESTRICT,
  CONSTRAINT "chapter_memberships_user_exists" FOREIGN KEY (user_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "public"."chapter_memberships"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX chapter_memberships_by_chapter ON public.chapter_memberships USING btree (chapter_id, ROLE);

CREATE INDEX chapter_memberships_by_end ON public.chapter_memberships USING btree (ended_at, user_id)
  WHERE (ended_at IS NOT NULL);

CREATE INDEX chapter_memberships_by_start ON public.chapter_memberships USING btree (started_at, user_id)
  WHERE (ROLE = 'mentor'::text);

CREATE INDEX chapter_memberships_by_user ON public.chapter_memberships USING btree (user_id, ROLE, chapter_id);

CREATE UNIQUE INDEX chapter_memberships_one_active ON public.chapter_memberships USING btree (chapter_id, user_id, ROLE)
  WHERE (ended_at IS NULL);

CREATE TRIGGER chapter_memberships_end_with_the_beginning
  BEFORE UPDATE ON public.chapter_memberships
  FOR EACH ROW
  WHEN (((new.ended_at < new.started_at) AND (new.ended_at >= now()) AND (new.started_at <= clock_timestamp())))
  EXECUTE FUNCTION private.end_with_the_beginning();

CREATE TRIGGER chapter_memberships_log_delete AFTER DELETE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  'chapter_id',
  'id'
);

CREATE TRIGGER chapter_memberships_log_insert AFTER INSERT ON public.chapter_memberships
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  'chapter_id',
  'id'
);

CREATE TRIGGER chapter_memberships_log_update AFTER UPDATE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  'chapter_id',
  'id'
);

CREATE TRIGGER chapter_memberships_record_facts_delete AFTER DELETE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.membership_versions',
  'mentor_id, chapter_id, id',
  'mentor_id, chapter_id, id, started_at, ended_at',
  'user_id as mentor_id, chapter_id, id, started_at, ended_at',
  'role = ''mentor'''
);

CREATE TRIGGER chapter_memberships_record_facts_insert AFTER INSERT ON public.chapter_memberships
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.membership_versions',
  'mentor_id, chapter_id, id',
  'mentor_id, chapter_id, id, started_at, ended_at',
  'user_id as mentor_id, chapter_id, id, started_at, ended_at',
  'role = ''mentor'''
);

CREATE TRIGGER chapter_memberships_record_facts_update AFTER UPDATE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.record_facts (
  'private.membership_versions',
  'mentor_id, chapter_id, id',
  'mentor_id, chapter_id, id, started_at, ended_at',
  'user_id as mentor_id, chapter_id, id, started_at, ended_at',
  'role = ''mentor'''
);

CREATE TRIGGER chapter_memberships_refresh_roster_delete AFTER DELETE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refresh_roster_insert AFTER INSERT ON public.chapter_memberships
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refresh_roster_update AFTER UPDATE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refuse_erased_delete AFTER DELETE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refuse_erased_insert AFTER INSERT ON public.chapter_memberships
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refuse_erased_update AFTER UPDATE ON public.chapter_memberships
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER chapter_memberships_refuse_overlap_insert
  AFTER INSERT ON public.chapter_memberships REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_overlap();

CREATE TRIGGER chapter_memberships_refuse_overlap_update
  AFTER UPDATE ON public.chapter_memberships REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_overlap();

CREATE TRIGGER chapter_memberships_refuse_truncate
  BEFORE TRUNCATE ON public.chapter_memberships
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Delete the rows instead.');

CREATE TRIGGER chapter_memberships_tell_nightly_run_delete
  AFTER DELETE ON public.chapter_memberships REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE TRIGGER chapter_memberships_tell_nightly_run_insert
  AFTER INSERT ON public.chapter_memberships REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE TRIGGER chapter_memberships_tell_nightly_run_update
  AFTER UPDATE ON public.chapter_memberships REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.tell_nightly_run();

CREATE POLICY "select_own_and_managed" ON "public"."chapter_memberships"
  FOR SELECT
  TO "authenticated"
  USING (((user_id = ( SELECT private.my_id() AS my_id)) OR (chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[]))));

COMMENT ON COLUMN "public"."chapter_memberships"."ended_at" IS 'The first moment after the membership, which may lie ahead; null: no end is known.';

COMMENT ON COLUMN "public"."chapter_memberships"."started_at" IS 'The first moment of the membership, which may lie ahead.';

COMMENT ON INDEX "public"."chapter_memberships_one_active" IS 'A person holds a role in a chapter at most once at a time; what has an end is compared by a trigger.';

COMMENT ON TABLE "public"."chapter_memberships" IS 'Who has which role in which chapter. Active from started_at until ended_at. The source of every permission, read at the time of the call.';

REVOKE ALL ON TABLE "public"."chapter_memberships" FROM "authenticated";

GRANT SELECT ON TABLE "public"."chapter_memberships" TO "authenticated";

REVOKE ALL ON TABLE "public"."chapter_memberships" FROM "service_role";

GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE "public"."chapter_memberships" TO "service_role";

REVOKE ALL ON TABLE "public"."chapter_memberships" FROM "anon";
