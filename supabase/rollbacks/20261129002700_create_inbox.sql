drop function public.mark_read(bigint[], boolean, uuid);
drop function public.inbox_page(integer, text);
drop function private.mark_read(bigint[], boolean, uuid);
drop function private.inbox_page(integer, text);
drop index public.notification_inbox_unread;
