CREATE TABLE "public"."organisation_administrators" (
  "id"         uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "user_id"    uuid                     NOT NULL,
  "started_at" timestamp with time zone NOT NULL DEFAULT now(),
  "ended_at"   timestamp with time zone,
  CONSTRAINT "organisation_administrators_ended_at_possible" CHECK (((ended_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (ended_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "organisation_administrators_ends_after_start" CHECK ((ended_at >= started_at)),
  CONSTRAINT "organisation_administrators_pkey" PRIMARY KEY (id),
  CONSTRAINT "organisation_administrators_started_at_possible" CHECK (((started_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (started_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "organisation_administrators_user_exists" FOREIGN KEY (user_id) REFERENCES public.profiles(id) ON DELETE RESTRICT
);

ALTER TABLE "public"."organisation_administrators"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX organisation_administrators_by_user ON public.organisation_administrators USING btree (user_id);

CREATE UNIQUE INDEX organisation_administrators_one_active ON public.organisation_administrators USING btree (user_id)
  WHERE (ended_at IS NULL);

CREATE TRIGGER organisation_administrators_end_with_the_beginning
  BEFORE UPDATE ON public.organisation_administrators
  FOR EACH ROW
  WHEN (((new.ended_at < new.started_at) AND (new.ended_at >= now()) AND (new.started_at <= clock_timestamp())))
  EXECUTE FUNCTION private.end_with_the_beginning();

CREATE TRIGGER organisation_administrators_log_delete AFTER DELETE ON public.organisation_administrators
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  '',
  'id'
);

CREATE TRIGGER organisation_administrators_log_insert AFTER INSERT ON public.organisation_administrators
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  '',
  'id'
);

CREATE TRIGGER organisation_administrators_log_update AFTER UPDATE ON public.organisation_administrators
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.log_direct_write (
  'user_id',
  '',
  'id'
);

CREATE TRIGGER organisation_administrators_refuse_erased_delete AFTER DELETE ON public.organisation_administrators
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER organisation_administrators_refuse_erased_insert AFTER INSERT ON public.organisation_administrators
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER organisation_administrators_refuse_erased_update AFTER UPDATE ON public.organisation_administrators
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'user_id'
);

CREATE TRIGGER organisation_administrators_refuse_truncate
  BEFORE TRUNCATE ON public.organisation_administrators
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('End the appointment instead.');

CREATE POLICY "select_own_and_organisation" ON "public"."organisation_administrators"
  FOR SELECT
  TO "authenticated"
  USING (((user_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator)));

COMMENT ON COLUMN "public"."organisation_administrators"."ended_at" IS 'The first moment after it; null: no end is known.';

COMMENT ON INDEX "public"."organisation_administrators_one_active" IS 'A person is appointed at most once at a time.';

COMMENT ON TABLE "public"."organisation_administrators" IS 'The national office: who is administrator of every chapter, also of those to come. Active from started_at until ended_at. Written by the RPCs, and by the operator for the first one.';

REVOKE ALL ON TABLE "public"."organisation_administrators" FROM "authenticated";

GRANT SELECT ON TABLE "public"."organisation_administrators" TO "authenticated";

REVOKE ALL ON TABLE "public"."organisation_administrators" FROM "service_role";

GRANT SELECT ON TABLE "public"."organisation_administrators" TO "service_role";

REVOKE ALL ON TABLE "public"."organisation_administrators" FROM "anon";
