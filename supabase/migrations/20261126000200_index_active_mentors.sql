-- Who is a mentor at the moment, by id, from the index alone: the nightly run asks
-- it of every mentor whom it looks at, and in a large organisation each of them
-- was another page of the table.
create index chapter_memberships_of_mentors
  on public.chapter_memberships (user_id, chapter_id) where role = 'mentor' and ended_at is null;
comment on index public.chapter_memberships_of_mentors is 'Mentors by id, with their chapters.';
