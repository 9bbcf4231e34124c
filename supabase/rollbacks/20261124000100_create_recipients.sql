drop function private.recipients_of(uuid[]);
drop index public.notifications_reminder_once;
alter table public.notifications
  drop constraint notifications_reminder_has_date,
  drop constraint notifications_reminder_known,
  drop column reference_on,
  drop column reminder;
