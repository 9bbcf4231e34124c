drop index public.profiles_with_names;
