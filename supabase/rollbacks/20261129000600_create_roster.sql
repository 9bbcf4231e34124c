drop function public.coordinator_roster(uuid, text[], text, integer, text);
drop function private.coordinator_roster(uuid, text[], text, integer, text);
drop function private.roster_summary(uuid[], date);
drop function private.discrepancy_count(uuid[]);
drop function private.undelivered_count(uuid[]);
drop function private.unacknowledged_mentor_ids(uuid[]);
drop function private.seal_cursor(text, text, bytea);
