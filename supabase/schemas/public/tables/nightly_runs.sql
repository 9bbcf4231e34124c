CREATE TABLE "public"."nightly_runs" (
  "id"                bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "as_of"             date                     NOT NULL,
  "since"             date,
  "is_full"           boolean                  NOT NULL,
  "outcome"           text,
  "started_at"        timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "heartbeat_at"      timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "finished_at"       timestamp with time zone,
  "starts"            integer                  NOT NULL DEFAULT 1,
  "lease_until"       timestamp with time zone NOT NULL,
  "holder"            uuid                     NOT NULL,
  "fencing_token"     bigint                   NOT NULL,
  "phase"             text                     NOT NULL DEFAULT 'reconcile'::text,
  "after_id"          uuid,
  "reconcile_from"    uuid                     NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  "reconcile_seconds" integer                  NOT NULL DEFAULT 60,
  "held"              integer                  NOT NULL DEFAULT 0,
  "missed_nights"     integer                  NOT NULL DEFAULT 0,
  "expired"           integer                  NOT NULL DEFAULT 0,
  "restored"          integer                  NOT NULL DEFAULT 0,
  "begun"             integer                  NOT NULL DEFAULT 0,
  "reminders"         integer                  NOT NULL DEFAULT 0,
  "discrepancies"     integer                  NOT NULL DEFAULT 0,
  "ended"             integer                  NOT NULL DEFAULT 0,
  "requeued"          integer                  NOT NULL DEFAULT 0,
  "reconciled"        integer                  NOT NULL DEFAULT 0,
  "roster_repaired"   integer                  NOT NULL DEFAULT 0,
  "counts_repaired"   integer                  NOT NULL DEFAULT 0,
  "reconcile_ms"      integer                  NOT NULL DEFAULT 0,
  CONSTRAINT "nightly_runs_as_of_possible" CHECK (((as_of >= '1900-01-01'::date) AND (as_of <= '9999-12-31'::date))),
  CONSTRAINT "nightly_runs_finished_with_outcome" CHECK (((outcome IS NULL) = (finished_at IS NULL))),
  CONSTRAINT "nightly_runs_outcome_known" CHECK ((outcome = ANY (ARRAY['completed'::text, 'partial'::text]))),
  CONSTRAINT "nightly_runs_phase_known"
    CHECK ((phase = ANY (ARRAY['reconcile'::text, 'mentors'::text, 'requeue'::text, 'digest'::text, 'tidy'::text, 'held'::text, 'done'::text]))),
  CONSTRAINT "nightly_runs_pkey" PRIMARY KEY (id),
  CONSTRAINT "nightly_runs_since_before" CHECK ((since <= as_of))
);

ALTER TABLE "public"."nightly_runs"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX nightly_runs_by_date ON public.nightly_runs USING btree (as_of)
  WHERE (outcome = 'completed'::text);

CREATE UNIQUE INDEX nightly_runs_one_open ON public.nightly_runs USING btree ((true))
  WHERE (outcome IS NULL);

CREATE TRIGGER nightly_runs_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.nightly_runs
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The ledger is kept.');

COMMENT ON COLUMN "public"."nightly_runs"."after_id" IS 'The last mentor that the phase has finished.';

COMMENT ON COLUMN "public"."nightly_runs"."as_of" IS 'The date it was due for, on which facts are judged.';

COMMENT ON COLUMN "public"."nightly_runs"."begun" IS 'Planned pauses that it began.';

COMMENT ON COLUMN "public"."nightly_runs"."counts_repaired" IS 'Sets of chapters whose counts were not.';

COMMENT ON COLUMN "public"."nightly_runs"."ended" IS 'Memberships whose last day was over on one of its dates.';

COMMENT ON COLUMN "public"."nightly_runs"."fencing_token" IS 'Grows with each start; a chunk of an older start is refused.';

COMMENT ON COLUMN "public"."nightly_runs"."heartbeat_at" IS 'When its last chunk was committed.';

COMMENT ON COLUMN "public"."nightly_runs"."held" IS 'Mentors that somebody else held, to come back to.';

COMMENT ON COLUMN "public"."nightly_runs"."holder" IS 'The start that works on it; chosen by the caller, so that a repeated request is recognised.';

COMMENT ON COLUMN "public"."nightly_runs"."is_full" IS 'It looks at every mentor and the whole log: the first run, after more than 31 missed nights, or on request.';

COMMENT ON COLUMN "public"."nightly_runs"."lease_until" IS 'When another start may take over, unless a chunk extends it.';

COMMENT ON COLUMN "public"."nightly_runs"."missed_nights" IS 'Dates between since and as_of, without a completed run.';

COMMENT ON COLUMN "public"."nightly_runs"."outcome" IS 'Null while it is under way. A start that was skipped and a dry run leave no row.';

COMMENT ON COLUMN "public"."nightly_runs"."phase" IS 'Where it continues; with after_id, what is left.';

COMMENT ON COLUMN "public"."nightly_runs"."reconcile_from" IS 'The mentor after whom its reconciliation begins, and to whom it goes round.';

COMMENT ON COLUMN "public"."nightly_runs"."reconcile_ms" IS 'What it took of the time for the reconciliation.';

COMMENT ON COLUMN "public"."nightly_runs"."reconcile_seconds" IS 'How long it may reconcile, unless the week asks for more; 0: not at all.';

COMMENT ON COLUMN "public"."nightly_runs"."reconciled" IS 'Mentors whose status it compared with log and facts, and whose entries with the tables.';

COMMENT ON COLUMN "public"."nightly_runs"."roster_repaired" IS 'Mentors whose entries in the roster were not what the tables say.';

COMMENT ON COLUMN "public"."nightly_runs"."since" IS 'The newest date that was completed before; null: this is the first run.';

COMMENT ON COLUMN "public"."nightly_runs"."starts" IS 'How many starts have worked on it.';

COMMENT ON INDEX "public"."nightly_runs_one_open" IS 'One run at a time.';

COMMENT ON TABLE "public"."nightly_runs" IS 'One row per nightly run. A run that was stopped or died is resumed in the same row.';

REVOKE ALL ON TABLE "public"."nightly_runs" FROM "service_role";

GRANT SELECT ON TABLE "public"."nightly_runs" TO "service_role";

REVOKE ALL ON TABLE "public"."nightly_runs" FROM "anon", "authenticated";

REVOKE ALL ON SEQUENCE "public"."nightly_runs_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."nightly_runs_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."nightly_runs_id_seq" FROM "service_role";
