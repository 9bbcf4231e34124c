drop function public.mentor_page(uuid, integer, text);
drop function private.mentor_page(uuid, integer, text);
drop function private.certifications_as_json(uuid, date);
