CREATE TABLE "public"."notification_inbox" (
  "id"              bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "notification_id" uuid                     NOT NULL,
  "recipient_id"    uuid                     NOT NULL,
  "mentor_id"       uuid,
  "kind"            text                     NOT NULL,
  "title"           text                     NOT NULL,
  "body"            text                     NOT NULL,
  "created_at"      timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  "read_at"         timestamp with time zone,
  CONSTRAINT "notification_inbox_body_length" CHECK ((char_length(body) <= 5000)),
  CONSTRAINT "notification_inbox_once_per_recipient" UNIQUE (notification_id, recipient_id),
  CONSTRAINT "notification_inbox_pkey" PRIMARY KEY (id),
  CONSTRAINT "notification_inbox_read_at_possible" CHECK (((read_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (read_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "notification_inbox_title_length" CHECK (((char_length(title) >= 1) AND (char_length(title) <= 500)))
);

ALTER TABLE "public"."notification_inbox"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX notification_inbox_by_mentor ON public.notification_inbox USING btree (mentor_id);

CREATE INDEX notification_inbox_by_recipient ON public.notification_inbox USING btree (recipient_id, created_at DESC, id DESC);

CREATE INDEX notification_inbox_unread ON public.notification_inbox USING btree (recipient_id)
  WHERE (read_at IS NULL);

CREATE TRIGGER notification_inbox_refuse_truncate
  BEFORE TRUNCATE ON public.notification_inbox
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Only erasure removes what somebody has received.');

CREATE POLICY "select_own" ON "public"."notification_inbox"
  FOR SELECT
  TO "authenticated"
  USING ((recipient_id = ( SELECT private.my_id() AS my_id)));

CREATE POLICY "update_own" ON "public"."notification_inbox"
  FOR UPDATE
  TO "authenticated"
  USING ((recipient_id = ( SELECT private.my_id() AS my_id)))
  WITH CHECK ((recipient_id = ( SELECT private.my_id() AS my_id)));

COMMENT ON COLUMN "public"."notification_inbox"."mentor_id" IS 'The mentor it is about; null: several, whom private.attempt_mentors names.';

COMMENT ON COLUMN "public"."notification_inbox"."read_at" IS 'Null: unread.';

COMMENT ON CONSTRAINT "notification_inbox_once_per_recipient" ON "public"."notification_inbox" IS 'Nobody gets the same notification twice, however often dispatchers crash and start again.';

COMMENT ON INDEX "public"."notification_inbox_unread" IS 'Counts what somebody has not read, however much they have.';

COMMENT ON TABLE "public"."notification_inbox" IS 'What the app shows: one row per recipient and notification, in the recipient''s language. Written by the dispatcher; the recipient may mark it as read, and nothing else.';

REVOKE ALL ON TABLE "public"."notification_inbox" FROM "authenticated";

REVOKE ALL ("read_at") ON TABLE "public"."notification_inbox" FROM "authenticated";

GRANT UPDATE ("read_at") ON TABLE "public"."notification_inbox" TO "authenticated";

GRANT SELECT ON TABLE "public"."notification_inbox" TO "authenticated";

REVOKE ALL ON TABLE "public"."notification_inbox" FROM "service_role";

GRANT SELECT ON TABLE "public"."notification_inbox" TO "service_role";

REVOKE ALL ON TABLE "public"."notification_inbox" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."notification_inbox_id_seq" FROM "anon";

REVOKE ALL ON SEQUENCE "public"."notification_inbox_id_seq" FROM "authenticated";

REVOKE ALL ON SEQUENCE "public"."notification_inbox_id_seq" FROM "service_role";
