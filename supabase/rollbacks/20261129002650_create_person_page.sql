drop function public.possible_duplicates(uuid);
drop function public.person_page(uuid, integer, text);
drop function public.organisation_page();
drop function private.possible_duplicates(uuid);
drop function private.person_page(uuid, integer, text);
drop function private.organisation_page();
drop function private.login_as_json(uuid);
