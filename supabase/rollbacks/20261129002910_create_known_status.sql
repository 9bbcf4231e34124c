drop function private.status_known_at(uuid, date, timestamptz);
drop function private.id_known_at(uuid, timestamptz);
drop function private.kinds_had_rules(timestamptz);
drop function private.known_days_query(boolean, boolean, boolean);
