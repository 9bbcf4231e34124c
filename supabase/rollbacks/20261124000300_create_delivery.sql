drop function private.hash_address(text);
drop table private.refused_addresses;
drop table public.notification_attempts;
-- The publication loses the table with it.
drop table public.notification_inbox;
drop index public.notifications_due;
create index notifications_pending on public.notifications (created_at) where state = 'pending';
comment on index public.notifications_pending is 'What the dispatcher claims; delivered rows do not slow it down.';
alter table public.notifications
  alter column id set default gen_random_uuid(),
  drop column claim,
  drop column due_at;
