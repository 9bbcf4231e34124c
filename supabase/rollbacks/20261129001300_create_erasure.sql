drop function public.erase_person(uuid, uuid);
drop function private.erase_person(uuid, uuid);
drop function private.pseudonymise(uuid, uuid);
drop function private.erase_people(uuid[], uuid, boolean);
drop function private.refuse_last_administrator(uuid[]);
drop function private.lock_administrators();
drop function private.with_dropped(uuid[]);
drop function private.erase_locked_person(uuid, uuid);
drop function private.lock_for_erasure(uuid[], boolean);
drop function private.messages_naming(uuid[]);
-- Cascade removes the triggers too: auth.users belongs to Supabase Auth, so postgres
-- may create triggers there but not drop them.
drop function private.erase_deleted_user() cascade;
