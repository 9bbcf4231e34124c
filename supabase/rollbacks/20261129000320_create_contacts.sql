drop table public.external_ids;
drop table public.contacts;
