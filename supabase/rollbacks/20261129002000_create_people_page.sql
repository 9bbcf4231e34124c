drop index public.profiles_by_search;
drop index public.profiles_by_name;
drop function public.people_page(text, text, uuid, integer, text, text);
drop function private.is_shown(uuid, uuid[], text, boolean);
drop function private.people_page(text, text, uuid, integer, text, text);
drop function private.login_state(uuid);
drop function private.name_keys(text);
