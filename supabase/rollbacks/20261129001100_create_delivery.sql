drop function public.allow_address(uuid, uuid);
drop function private.allow_address(uuid, uuid);
drop function public.acknowledge_undelivered(uuid, uuid);
drop function private.acknowledge_undelivered(uuid, uuid);
drop view public.undelivered_notifications;
drop function private.notification_facts(uuid[], date, uuid[]);
drop type private.digest_line;
drop type private.notification_fact;
drop function private.recipients_of(uuid[], date);
drop function private.several_recipients(uuid[], date);
drop function private.several_facts(uuid[], date);
drop function private.recipients_for(uuid[], text[], boolean[]);
drop function private.hash_address(text);
drop table private.refused_addresses;
drop table private.attempt_mentors;
drop table private.notification_mentors;
drop table public.notification_attempts;
-- The publication loses the table with it.
drop table public.notification_inbox;
