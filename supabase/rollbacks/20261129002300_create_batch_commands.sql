drop function public.pause_mentors(uuid[], text, date, date, boolean, uuid);
drop function private.pause_mentors(uuid[], text, date, date, boolean, uuid);
drop function private.pause_locked_mentors(uuid[], text, date, date, uuid);
drop function private.lock_many(uuid[], uuid);
drop function private.judge_pause(date, date, text);
drop function private.manageable(uuid[], uuid, timestamptz);
drop function private.request_id_of(uuid, uuid);
