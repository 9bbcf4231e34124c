drop function public.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], timestamptz);
drop function private.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], timestamptz);
drop function public.claim_notifications(integer, integer, boolean, timestamptz);
drop function private.claim_notifications(integer, integer, boolean, timestamptz);
drop function private.next_email_try(integer, timestamptz);
