drop function public.finish_invitation(uuid, text, uuid);
drop function public.begin_invitation(uuid, text, uuid);
drop function private.finish_invitation(uuid, text, uuid);
drop function private.begin_invitation(uuid, text, uuid);
drop function private.judged_invitation(uuid, uuid, text);
drop function private.withdraw_login(uuid);
