drop table public.planned_pauses;
drop function private.guard_planned_pause();
