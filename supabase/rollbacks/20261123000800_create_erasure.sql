drop function public.erase_person(uuid);
drop function private.erase_person_as_administrator(uuid);
-- Cascade takes the triggers along: auth.users belongs to Supabase Auth, so
-- postgres may create triggers there but not drop them.
drop function private.erase_deleted_user() cascade;
drop function private.erase_person(uuid, uuid);
drop table public.erasures;
