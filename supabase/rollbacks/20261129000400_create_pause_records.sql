drop function private.id_prefix();
drop function private.mentor_lock(uuid);
drop function private.act_as(text, uuid);
drop table public.notifications;
drop table public.pause_status_log;
drop table public.pause_records;
drop function private.record_pause_changes();
drop function private.set_updated_at();
drop function private.guard_pause_record();
