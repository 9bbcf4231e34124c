CREATE VIEW "public"."undelivered_notifications" WITH (security_invoker=true) AS  SELECT v.id,
    v.mentor_id,
    m.display_name AS mentor_name,
    v.kind,
    v.audience,
    v.channel,
    v.recipient_id,
    q.display_name AS recipient_name,
    v.reason,
        CASE v.fix
            WHEN 'check_dispatcher'::text THEN 'Have the operator look at the dispatcher''s log, tell the recipients yourself if it still matters, and acknowledge it: it is not sent again.'::text
            WHEN 'acknowledge'::text THEN 'Nothing can be done: acknowledge it.'::text
            WHEN 'start_membership'::text THEN 'Give the mentor an active membership, and the nightly run sends it again; or acknowledge it.'::text
            WHEN 'assign_coordinator'::text THEN 'Assign an active coordinator to the mentor, or appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'::text
            WHEN 'appoint_administrator'::text THEN 'Appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'::text
            WHEN 'give_address'::text THEN 'Give this person an e-mail address in Supabase Auth.'::text
            WHEN 'confirm_address'::text THEN 'This person confirms the e-mail address by signing in. Meanwhile it is in the inbox.'::text
            WHEN 'lift_ban'::text THEN 'Lift the ban in Supabase Auth, or end this person''s memberships.'::text
            WHEN 'correct_or_allow_address'::text THEN 'Correct this person''s e-mail address in Supabase Auth: the next e-mail goes to the new one. If it is right, take it off the list by allow_address. Meanwhile it is in the inbox.'::text
            ELSE 'Have the operator check the mail server, SMTP_URL and MAIL_FROM; the reason says more. Meanwhile it is in this person''s inbox.'::text
        END AS to_fix,
    v.created_at,
    v.acknowledged_at,
    v.fix
   FROM ((( SELECT n.id,
            n.mentor_id,
            n.kind,
            n.audience,
            'inbox'::text AS channel,
            NULL::uuid AS recipient_id,
            COALESCE(a.reason, 'unknown'::text) AS reason,
                CASE
                    WHEN (a.outcome = 'failed'::text) THEN 'check_dispatcher'::text
                    WHEN (a.reason = 'there is no such mentor'::text) THEN 'acknowledge'::text
                    WHEN (a.reason = 'the mentor is active in no chapter'::text) THEN 'start_membership'::text
                    WHEN (n.audience = 'coordinator'::text) THEN 'assign_coordinator'::text
                    ELSE 'appoint_administrator'::text
                END AS fix,
            n.created_at,
            n.acknowledged_at
           FROM (public.notifications n
             LEFT JOIN LATERAL ( SELECT t.reason,
                    t.outcome
                   FROM public.notification_attempts t
                  WHERE ((t.notification_id = n.id) AND (t.recipient_id IS NULL))
                  ORDER BY t.id DESC
                 LIMIT 1) a ON (true))
          WHERE (n.state = 'undeliverable'::text)
        UNION ALL
         SELECT e.notification_id,
            e.mentor_id,
            e.kind,
            e.recipient_role,
            e.channel,
            e.recipient_id,
            e.reason,
                CASE
                    WHEN (e.reason ~ 'no e-mail address'::text) THEN 'give_address'::text
                    WHEN (e.reason ~ 'the address is not confirmed'::text) THEN 'confirm_address'::text
                    WHEN (e.reason ~ 'the user is banned'::text) THEN 'lift_ban'::text
                    WHEN (e.reason ~ 'the address was refused'::text) THEN 'correct_or_allow_address'::text
                    ELSE 'check_mail_server'::text
                END AS fix,
            e.attempted_at,
            NULL::timestamp with time zone AS acknowledged_at
           FROM public.notification_attempts e
          WHERE ((e.channel = 'email'::text) AND (e.outcome = 'failed'::text) AND (e.retry_at IS NULL) AND (e.recipient_id IS NOT NULL) AND (e.reason !~~ 'no longer %'::text) AND (NOT (EXISTS ( SELECT
                   FROM public.notification_attempts l
                  WHERE ((l.recipient_id = e.recipient_id) AND (l.channel = 'email'::text) AND (l.id > e.id) AND (l.retry_at IS NULL))))))) v
     LEFT JOIN public.profiles m ON ((m.id = v.mentor_id)))
     LEFT JOIN public.profiles q ON ((q.id = v.recipient_id)));

COMMENT ON VIEW "public"."undelivered_notifications" IS 'For administrators, with the rights of the caller: notifications that could be given to nobody (channel inbox, acknowledged by acknowledge_undelivered), and the last e-mail to each person whose e-mail fails, which disappears once one gets through; each with the reason and what to fix.';

REVOKE ALL ON TABLE "public"."undelivered_notifications" FROM "authenticated";

GRANT SELECT ON TABLE "public"."undelivered_notifications" TO "authenticated";

REVOKE ALL ON TABLE "public"."undelivered_notifications" FROM "service_role";

GRANT SELECT ON TABLE "public"."undelivered_notifications" TO "service_role";

REVOKE ALL ON TABLE "public"."undelivered_notifications" FROM "anon";
