CREATE TABLE "public"."leave_requests" (
  "id"                   uuid                     NOT NULL DEFAULT gen_random_uuid(),
  "mentor_id"            uuid                     NOT NULL,
  "kind"                 text                     NOT NULL,
  "state"                text                     NOT NULL DEFAULT 'open'::text,
  "reason"               text,
  "starts_on"            date,
  "expected_return_date" date,
  "answered_by"          uuid,
  "answered_at"          timestamp with time zone,
  "message"              text,
  "pause_record_id"      uuid,
  "planned_pause_id"     uuid,
  "created_at"           timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "leave_requests_answered_at_possible" CHECK (((answered_at >= '1899-12-31 23:00:00+00'::timestamp
    with time zone) AND (answered_at < '10000-01-01 00:00:00+00'::timestamp with time zone))),
  CONSTRAINT "leave_requests_created_at_possible" CHECK (((created_at >= '1899-12-31 23:00:00+00'::timestamp with time zone) AND (created_at < '10000-01-01 00:00:00+00'::timestamp
    with time zone))),
  CONSTRAINT "leave_requests_dates_of_kind" CHECK ((((starts_on IS NULL) OR (kind = 'pause'::text)) AND ((expected_return_date IS NULL) OR (kind <> 'return'::text)))),
  CONSTRAINT "leave_requests_ends_after_start" CHECK ((expected_return_date > starts_on)),
  CONSTRAINT "leave_requests_expected_return_date_possible" CHECK (((expected_return_date >= '1900-01-01'::date) AND (expected_return_date <= '9999-12-31'::date))),
  CONSTRAINT "leave_requests_kind_known" CHECK ((kind = ANY (ARRAY['pause'::text, 'change_return'::text, 'return'::text]))),
  CONSTRAINT "leave_requests_message_length" CHECK (((char_length(message) >= 1) AND (char_length(message) <= 500))),
  CONSTRAINT "leave_requests_open_is_unanswered" CHECK (
CASE
    WHEN (state = 'open'::text) THEN (num_nonnulls(answered_by, answered_at, message, pause_record_id, planned_pause_id) = 0)
    ELSE (answered_at IS NOT NULL)
END),
  CONSTRAINT "leave_requests_pkey" PRIMARY KEY (id),
  CONSTRAINT "leave_requests_reason_length" CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 500))),
  CONSTRAINT "leave_requests_starts_on_possible" CHECK (((starts_on >= '1900-01-02'::date) AND (starts_on <= '9999-12-29'::date))),
  CONSTRAINT "leave_requests_state_known" CHECK ((state = ANY (ARRAY['open'::text, 'accepted'::text, 'declined'::text, 'withdrawn'::text, 'settled'::text]))),
  CONSTRAINT "leave_requests_mentor_exists" FOREIGN KEY (mentor_id) REFERENCES public.profiles(id) ON DELETE RESTRICT,
  CONSTRAINT "leave_requests_message_visible" CHECK (private.is_visible(message)),
  CONSTRAINT "leave_requests_reason_visible" CHECK (private.is_visible(reason))
);

ALTER TABLE "public"."leave_requests"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX leave_requests_by_mentor ON public.leave_requests USING btree (mentor_id, created_at, id);

CREATE INDEX leave_requests_by_plan ON public.leave_requests USING btree (planned_pause_id)
  WHERE (planned_pause_id IS NOT NULL);

CREATE INDEX leave_requests_by_state ON public.leave_requests USING btree (state, created_at, id);

CREATE UNIQUE INDEX leave_requests_one_open ON public.leave_requests USING btree (mentor_id, kind)
  WHERE (state = 'open'::text);

CREATE INDEX leave_requests_open_by_return ON public.leave_requests USING btree (expected_return_date)
  WHERE ((state = 'open'::text) AND (expected_return_date IS NOT NULL));

CREATE INDEX leave_requests_open ON public.leave_requests USING btree (mentor_id, created_at, id) INCLUDE (kind)
  WHERE (state = 'open'::text);

CREATE TRIGGER leave_requests_guard
  BEFORE UPDATE ON public.leave_requests
  FOR EACH ROW
  EXECUTE FUNCTION private.guard_leave_request();

CREATE TRIGGER leave_requests_refresh_roster_insert AFTER INSERT ON public.leave_requests
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER leave_requests_refresh_roster_update AFTER UPDATE ON public.leave_requests
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refresh_touched_mentors (
  'mentor_id'
);

CREATE TRIGGER leave_requests_refuse_erased_insert AFTER INSERT ON public.leave_requests
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER leave_requests_refuse_erased_update AFTER UPDATE ON public.leave_requests
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_erased (
  'mentor_id'
);

CREATE TRIGGER leave_requests_refuse_removal
  BEFORE DELETE OR TRUNCATE ON public.leave_requests
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('Requests are withdrawn or declined.');

CREATE POLICY "select_own_and_managed" ON "public"."leave_requests"
  FOR SELECT
  TO "authenticated"
  USING (((mentor_id = ( SELECT private.my_id() AS my_id)) OR ( SELECT private.is_organisation_administrator() AS is_organisation_administrator) OR ((EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = leave_requests.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= statement_timestamp()) AND ((m.ended_at IS NULL) OR (m.ended_at >
    statement_timestamp())) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])) AND
    ((leave_requests.state <> 'open'::text) OR (m.started_at <= leave_requests.created_at) OR private.is_of_this_time(leave_requests.mentor_id, leave_requests.created_at))))) AND
    ((state = 'open'::text) OR (EXISTS ( SELECT
   FROM public.chapter_memberships m
  WHERE
    ((m.user_id = leave_requests.mentor_id) AND (m.role = 'mentor'::text) AND (m.started_at <= leave_requests.answered_at) AND ((m.ended_at IS NULL) OR (m.ended_at >=
    leave_requests.answered_at)) AND (m.chapter_id = ANY (( SELECT private.my_chapter_ids() AS my_chapter_ids)::uuid[])))))))));

COMMENT ON COLUMN "public"."leave_requests"."answered_at" IS 'When it ceased to be open, or was withdrawn after that; null while it is open.';

COMMENT ON COLUMN "public"."leave_requests"."answered_by" IS 'Who answered, or the mentor who withdrew it. Null: nobody did, because it took effect at once or was settled.';

COMMENT ON COLUMN "public"."leave_requests"."expected_return_date" IS 'The return date that is asked for. Null: of a pause, open; of change_return, no date any more.';

COMMENT ON COLUMN "public"."leave_requests"."kind" IS 'pause: a pause, from starts_on or from the acceptance · change_return: another expected return date · return: the end of the pause.';

COMMENT ON COLUMN "public"."leave_requests"."message" IS 'What the coordinator answered. Protected like the reason, because it may speak of it.';

COMMENT ON COLUMN "public"."leave_requests"."pause_record_id" IS 'The record that its acceptance began, changed or closed; null: none.';

COMMENT ON COLUMN "public"."leave_requests"."planned_pause_id" IS 'The plan that its acceptance made, which may have become another one''s affair since; null: none.';

COMMENT ON COLUMN "public"."leave_requests"."reason" IS 'May be health data: for the mentor and those who manage them, never in a message, a log line or an export. Null: none was given.';

COMMENT ON COLUMN "public"."leave_requests"."starts_on" IS 'The first day of the pause that is asked for; null: as soon as it is accepted.';

COMMENT ON COLUMN "public"."leave_requests"."state" IS 'open: to be answered · accepted: the transition was made · declined, withdrawn: by the coordinator, by the mentor · settled: it became pointless.';

COMMENT ON INDEX "public"."leave_requests_by_state" IS 'Pages over all chapters, newest first.';

COMMENT ON INDEX "public"."leave_requests_one_open" IS 'A mentor has at most one open request of a kind.';

COMMENT ON INDEX "public"."leave_requests_open" IS 'The roster counts open requests, and shows each mentor''s oldest, without reading the table.';

COMMENT ON INDEX "public"."leave_requests_open_by_return" IS 'The nightly run looks only at open requests whose return date has come.';

COMMENT ON TABLE "public"."leave_requests" IS 'What mentors ask for, and what became of it. Written by the RPCs and the nightly run alone; nothing is deleted.';

REVOKE ALL ON TABLE "public"."leave_requests" FROM "authenticated";

GRANT SELECT ON TABLE "public"."leave_requests" TO "authenticated";

REVOKE ALL ON TABLE "public"."leave_requests" FROM "service_role";

GRANT SELECT ON TABLE "public"."leave_requests" TO "service_role";

REVOKE ALL ON TABLE "public"."leave_requests" FROM "anon";
