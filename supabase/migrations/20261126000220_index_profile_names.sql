-- The names of mentors, by id, from the index alone. The nightly run compares them
-- with the roster, for thousands of mentors who are next by id, and in a large
-- organisation each of them was another page of the table.
create index profiles_with_names on public.profiles (id) include (display_name);
comment on index public.profiles_with_names is 'The name of each person whose id is near, from few pages.';
