drop function public.erase_person(uuid);
drop function private.erase_person_as_administrator(uuid);
drop function private.erase_person(uuid, uuid);
drop table public.erasures;
-- Cascade removes the triggers too: auth.users belongs to Supabase Auth, so postgres
-- may create triggers there but not drop them.
drop function private.erase_deleted_user() cascade;
