drop function public.set_weekly_digest(boolean, uuid);
drop function private.set_weekly_digest(boolean, uuid);
drop function private.make_digests(uuid[], date);
drop function private.digest_recipients(uuid, integer);
drop function private.digest_lines(uuid[], date);
drop table private.digest_refusals;
drop table private.weekly_digests;
