drop function public.follow_up_page(uuid, integer, text);
drop function private.follow_up_page(uuid, integer, text);
drop function private.nights_as_json(timestamptz);
drop function private.chapters_as_json(uuid[], uuid[]);
drop function private.is_refused(uuid, text, timestamptz);
drop function private.is_followed_up(uuid, uuid[]);
drop function private.failing_emails(uuid[]);
drop function private.stuck_notifications(uuid[], timestamptz);
