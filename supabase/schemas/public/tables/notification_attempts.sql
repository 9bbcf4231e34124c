CREATE TABLE "public"."notification_attempts" (
  "id"              bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "notification_id" uuid                     NOT NULL,
  "mentor_id"       uuid,
  "kind"            text                     NOT NULL,
  "recipient_id"    uuid,
  "recipient_role"  text,
  "channel"         text                     NOT NULL,
  "outcome"         text                     NOT NULL,
  "reason"          text                     NOT NULL,
  "chosen_because"  text,
  "number"          integer                  NOT NULL DEFAULT 1,
  "retry_at"        timestamp with time zone,
  "attempted_at"    timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "notification_attempts_channel_known" CHECK ((channel = ANY (ARRAY['inbox'::text, 'email'::text]))),
  CONSTRAINT "notification_attempts_has_recipient" CHECK (
CASE outcome
    WHEN 'delivered'::text THEN (recipient_id IS NOT NULL)
    WHEN 'no_recipient'::text THEN (recipient_id IS NULL)
    ELSE true
END),
  CONSTRAINT "notification_attempts_number_positive" CHECK ((number >= 1)),
  CONSTRAINT "notification_attempts_once" UNIQUE (notification_id, recipient_id, channel, number),
  CONSTRAINT "notification_attempts_only_failures_repeat" CHECK (((retry_at IS NULL) OR (outcome = 'failed'::text))),
  CONSTRAINT "notification_attempts_outcome_known" CHECK ((outcome = ANY (ARRAY['delivered'::text, 'failed'::text, 'no_recipient'::text]))),
  CONSTRAINT "notification_attempts_pkey" PRIMARY KEY (id),
  CONSTRAINT "notification_attempts_recipient_explained" CHECK ((((recipient_id IS NULL) = (recipient_role IS NULL)) AND ((recipient_id IS NULL) = (chosen_because IS NULL)))),
  CONSTRAINT "notification_attempts_role_known" CHECK ((recipient_role = ANY (ARRAY['mentor'::text, 'coordinator'::text, 'administrator'::text])))
);

ALTER TABLE "public"."notification_attempts"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX notification_attempts_by_mentor ON public.notification_attempts USING btree (mentor_id, attempted_at, id);

CREATE INDEX notification_attempts_given_up ON public.notification_attempts USING btree (recipient_id, id)
  WHERE ((channel = 'email'::text) AND (outcome = 'failed'::text) AND (retry_at IS NULL));

CREATE INDEX notification_attempts_settled_emails ON public.notification_attempts USING btree (recipient_id, id)
  WHERE ((channel = 'email'::text) AND (retry_at IS NULL));

CREATE TRIGGER notification_attempts_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON public.notification_attempts
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The ledger of delivery is append-only.');

CREATE POLICY "select_administered" ON "public"."notification_attempts"
  FOR SELECT
  TO "authenticated"
  USING ((( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR ((EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = notification_attempts.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[]))))) AND (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = notification_attempts.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= notification_attempts.attempted_at) AND ((m.ended_at IS NULL) OR (m.ended_at
    >= notification_attempts.attempted_at)) AND (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[])))))) OR
    (mentor_id = ANY (( SELECT private.my_former_mentor_ids() AS my_former_mentor_ids)::uuid[])) OR ((mentor_id IS NULL) AND (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = notification_attempts.recipient_id) AND (m.role = ANY (ARRAY['coordinator'::text, 'administrator'::text])) AND (m.started_at <= statement_timestamp()) AND
    ((m.ended_at IS NULL) OR (m.ended_at > statement_timestamp())) AND
    (m.chapter_id = ANY (( SELECT private.my_administered_chapter_ids() AS my_administered_chapter_ids)::uuid[]))))))));

COMMENT ON COLUMN "public"."notification_attempts"."chosen_because" IS 'Why this person was chosen.';

COMMENT ON COLUMN "public"."notification_attempts"."mentor_id" IS 'The mentor it was about; null: several, whom private.attempt_mentors names.';

COMMENT ON COLUMN "public"."notification_attempts"."number" IS 'Counts the attempts by this channel to this recipient, from 1.';

COMMENT ON COLUMN "public"."notification_attempts"."reason" IS 'Delivered: why this person, and whether a channel is missing. Failed: what went wrong. No recipient: why there is nobody.';

COMMENT ON COLUMN "public"."notification_attempts"."recipient_id" IS 'Null: there was nobody to give it to (no_recipient), or the notification could not be written or recorded (failed).';

COMMENT ON COLUMN "public"."notification_attempts"."recipient_role" IS 'The role in which they got it.';

COMMENT ON COLUMN "public"."notification_attempts"."retry_at" IS 'When a failed attempt is repeated; null: this one was the last.';

COMMENT ON INDEX "public"."notification_attempts_given_up" IS 'The people whose e-mail fails, for their administrators.';

COMMENT ON INDEX "public"."notification_attempts_settled_emails" IS 'Whether an e-mail has got through since; empty without e-mail.';

COMMENT ON TABLE "public"."notification_attempts" IS 'The ledger of delivery, append-only: to whom each notification went, in which role, by which channel, with what outcome and why. A notification without a recipient has a row too. It never holds names or addresses.';

REVOKE ALL ON TABLE "public"."notification_attempts" FROM "authenticated";

GRANT SELECT ON TABLE "public"."notification_attempts" TO "authenticated";

REVOKE ALL ON TABLE "public"."notification_attempts" FROM "service_role";

GRANT SELECT ON TABLE "public"."notification_attempts" TO "service_role";

REVOKE ALL ON TABLE "public"."notification_attempts" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."notification_attempts_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."notification_attempts_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."notification_attempts_id_seq" FROM "service_role";
