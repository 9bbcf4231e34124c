drop function private.remind(uuid[], date);
drop function private.due_reminders(uuid[], date);
drop function private.apply_changes(uuid[], date, date);
drop function private.due_changes(uuid[], date, date);
drop type private.status_change;
