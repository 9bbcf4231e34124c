drop function public.merge_people(uuid, uuid, uuid);
drop function private.merge_people(uuid, uuid, uuid);
