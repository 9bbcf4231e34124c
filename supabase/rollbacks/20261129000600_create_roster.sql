drop function public.coordinator_roster(uuid, text[], text, integer, text);
drop function private.coordinator_roster(uuid, text[], text, integer, text);
drop function private.roster_summary(uuid[], date);
drop function private.seal_cursor(text, text, bytea);
