ALTER PUBLICATION "supabase_realtime" ADD TABLE "public"."notification_inbox";
