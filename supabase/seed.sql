-- A small organisation to look at: five chapters, 66 mentors, everything that a
-- coordinator meets in a year. Dates are relative to today. Runs once, on an
-- empty database, as `supabase db reset` and `make dev` do.
--
-- People who can sign in have the password "likeperson" in Supabase Auth.

insert into public.chapters (id, name) values
  ('c0000000-0000-4000-8000-000000000001', 'Bergen'),
  ('c0000000-0000-4000-8000-000000000002', 'Oslo'),
  ('c0000000-0000-4000-8000-000000000003', 'Tromsø'),
  ('c0000000-0000-4000-8000-000000000004', 'Ålesund'),
  ('c0000000-0000-4000-8000-000000000005', 'Ørland'); -- has an administrator and no coordinator

create temporary table seed_people (id uuid, email text, display_name text, locale text);

insert into seed_people values
  ('b0000000-0000-4000-8000-000000000001', 'kari.coordinator@example.org', 'Kari Åsheim', 'nb'),
  ('b0000000-0000-4000-8000-000000000002', 'per.coordinator@example.org', 'Per Østby', 'nb'),
  ('b0000000-0000-4000-8000-000000000003', 'aashild.coordinator@example.org', 'Åshild Bjørnevik', 'nn'),
  ('b0000000-0000-4000-8000-000000000004', 'sander.coordinator@example.org', 'Sander Næss', 'nb'),
  ('b0000000-0000-4000-8000-000000000005', 'gro.former@example.org', 'Gro Lærum', 'nb'), -- left in spring
  ('b0000000-0000-4000-8000-000000000011', 'anne.administrator@example.org', 'Anne Sæther', 'nb'),
  ('b0000000-0000-4000-8000-000000000012', 'olav.administrator@example.org', 'Olav Skjærgård', 'nn'),
  ('b0000000-0000-4000-8000-000000000013', 'emily.administrator@example.org', 'Emily Brown', 'en'),
  ('b0000000-0000-4000-8000-000000000021', 'ingunn.office@example.org', 'Ingunn Krogh', 'nb'); -- make dev appoints her

insert into seed_people
select ('a0000000-0000-4000-8000-' || lpad(n.nr::text, 12, '0'))::uuid, 'mentor' || n.nr || '@example.org', n.name,
  case when n.nr % 9 = 0 then 'nn' when n.nr % 25 = 0 then 'en' else 'nb' end
from unnest(array[
  'Aud Aasen', 'Anders Bø', 'Anette Dahl', 'Arne Eide', 'Astrid Fjære', 'Bente Grønli', 'Berit Hæhre', 'Birger Iversen',
  'Bjørg Jåtten', 'Bodil Krogh', 'Camilla Løvås', 'Dagfinn Moe', 'Ebba Nygård', 'Einar Ødegård', 'Eli Pettersen', 'Else Rød',
  'Erik Sørensen', 'Espen Tveit', 'Eva Ulriksen', 'Frøydis Våge', 'Geir Wold', 'Gerd Øverland', 'Grete Ågotnes', 'Gunnar Bråten',
  'Hanne Christiansen', 'Harald Drægni', 'Hege Engø', 'Heidi Fossåskaret', 'Håkon Gjerde', 'Håvard Hjelmås', 'Ida Isaksen', 'Inger Jørstad',
  'Ingvild Kvåle', 'Ivar Lærdal', 'Jon Mørch', 'Jorunn Nærbø', 'Karin Opdal', 'Kjersti Pøyry', 'Knut Ræder', 'Kåre Skår',
  'Lars Torgersen', 'Leif Udø', 'Lise Værnes', 'Liv Warholm', 'Magnhild Øye', 'Marit Åmot', 'Morten Berg', 'Nina Cappelen',
  'Odd Dæhlie', 'Oddny Ertzgård', 'Ragnhild Flø', 'Randi Gåsland', 'Roar Høiland', 'Siv Ingebrigtsen', 'Solveig Jæger', 'Stein Kråkås',
  'Synnøve Lund', 'Tone Myrbø', 'Torill Næsheim', 'Trond Ottesen', 'Unni Pålsrud', 'Vigdis Røst', 'Wenche Sæbø', 'Ærlend Thue',
  'Øyvind Ulvund', 'Åse Vik'
]) with ordinality n (name, nr);

insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token,
  recovery_token, email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
select '00000000-0000-0000-0000-000000000000', p.id, 'authenticated', 'authenticated', p.email,
  extensions.crypt('likeperson', extensions.gen_salt('bf', 4)), now(), '', '', '', '',
  '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
from seed_people p;

insert into public.profiles (id, display_name, locale)
select p.id, p.display_name, p.locale from seed_people p;

-- Two of three mentors have given a number. No Norwegian number begins with 0: these reach nobody.
insert into public.contacts (person_id, phone)
select p.id, '+47000000' || right(p.id::text, 2)
from seed_people p
where p.id::text like 'a0%' and right(p.id::text, 2)::integer % 3 <> 1;

insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
select ('c0000000-0000-4000-8000-00000000000' || m.chapter)::uuid, ('b0000000-0000-4000-8000-0000000000' || m.person)::uuid,
  m.role, now() - interval '3 years', now() - m.ended_ago
from (values
  (1, '01', 'coordinator', null::interval),
  (2, '02', 'coordinator', null),
  (2, '04', 'coordinator', null),
  (3, '03', 'coordinator', null),
  (4, '03', 'coordinator', null), -- looks after two chapters
  (1, '05', 'coordinator', interval '7 months'),
  (1, '11', 'administrator', null),
  (2, '11', 'administrator', null),
  (3, '12', 'administrator', null),
  (4, '12', 'administrator', null),
  (5, '13', 'administrator', null)
) m (chapter, person, role, ended_ago);

create temporary table seed_mentors as
select p.id, right(p.id::text, 12)::integer as nr,
  ('c0000000-0000-4000-8000-00000000000' || case
    when right(p.id::text, 12)::integer <= 20 then 1
    when right(p.id::text, 12)::integer <= 42 then 2
    when right(p.id::text, 12)::integer <= 52 then 3
    when right(p.id::text, 12)::integer <= 61 then 4
    else 5 end)::uuid as chapter_id
from seed_people p
where p.id::text like 'a%';

insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
select m.chapter_id, m.id, 'mentor', now() - interval '2 years' - m.nr * interval '5 days' from seed_mentors m
union all
-- In two chapters: Bergen and Ålesund, Tromsø and Ålesund.
select 'c0000000-0000-4000-8000-000000000004', m.id, 'mentor', now() - interval '1 year' from seed_mentors m where m.nr in (7, 46);

-- One who stopped altogether.
update public.chapter_memberships set ended_at = now() - interval '3 months'
where user_id = 'a0000000-0000-4000-8000-000000000042';

insert into public.certifications (mentor_id, kind, issued_on, expires_on)
-- The course: three years, renewed by some, soon or already over for others, not yet taken by a few.
select m.id, 'likepersonkurs', c.expires_on - interval '3 years', c.expires_on
from seed_mentors m
cross join lateral (select case
  when m.nr % 11 = 0 then private.today() - (m.nr % 40)      -- expired
  when m.nr % 7 = 0 then private.today() + (m.nr % 30)       -- expiring
  else private.today() + 60 + m.nr * 13 end as expires_on) c
where m.nr % 13 <> 0
union all
select m.id, 'likepersonkurs', private.today() - interval '4 years', private.today() - interval '1 year'
from seed_mentors m where m.nr % 5 = 0 and m.nr % 11 <> 0 and m.nr % 13 <> 0
union all
select m.id, 'politiattest', private.today() - interval '2 years', null from seed_mentors m where m.nr % 3 <> 0;

insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at, ended_at)
select m.id, case m.chapter_id
    when 'c0000000-0000-4000-8000-000000000001' then 'b0000000-0000-4000-8000-000000000001'
    when 'c0000000-0000-4000-8000-000000000002' then case when m.nr % 2 = 0
      then 'b0000000-0000-4000-8000-000000000002' else 'b0000000-0000-4000-8000-000000000004' end
    else 'b0000000-0000-4000-8000-000000000003' end::uuid,
  now() - interval '1 year', null::timestamptz
from seed_mentors m
where m.chapter_id <> 'c0000000-0000-4000-8000-000000000005' and m.nr % 10 <> 0
union all
-- Two at once.
select m.id, 'b0000000-0000-4000-8000-000000000004', now() - interval '2 months', null from seed_mentors m where m.nr in (22, 24)
union all
-- Stale: still open, though the coordinator has left.
select m.id, 'b0000000-0000-4000-8000-000000000005', now() - interval '2 years', null from seed_mentors m where m.nr in (10, 20)
union all
select m.id, 'b0000000-0000-4000-8000-000000000005', now() - interval '2 years', now() - interval '7 months'
from seed_mentors m where m.nr in (1, 2, 3);

-- Pauses, as the coordinators made them.
create temporary table seed_pauses as
select m.id as mentor_id, p.reason, p.paused_on, p.expected_on, p.returned_on, a.coordinator_id
from (values
  (2, 'Eksamen', private.today() - 20, private.today() + 12, null::date),
  (5, 'Sykdom i familien', private.today() - 60, private.today() - 9, null),
  (9, 'Trenger en pause', private.today() - 15, null, null),
  (14, 'Venter barn', private.today() - 40, private.today() + 200, null),
  (22, 'Operasjon', private.today() - 33, private.today() - 2, null), -- the course expired meanwhile
  (25, 'Flytter', private.today() - 5, private.today() + 7, null),
  (31, 'Mye på jobb', private.today() - 90, private.today(), null),
  (36, 'Egen helse', private.today() - 12, private.today() + 30, null),
  (44, 'Reise', private.today() - 3, private.today() + 25, null), -- the course expired meanwhile
  (46, 'Studier', private.today() - 25, private.today() + 60, null),
  (53, 'Sorg', private.today() - 80, private.today() - 30, null),
  (59, 'Omsorg for foreldre', private.today() - 18, null, null),
  (3, 'Sommerferie', private.today() - 150, private.today() - 110, private.today() - 108),
  (28, 'Egen helse', private.today() - 300, null, private.today() - 210),
  (28, 'Kurs', private.today() - 120, private.today() - 100, private.today() - 101)
) p (nr, reason, paused_on, expected_on, returned_on)
join seed_mentors m on m.nr = p.nr
left join lateral (
  select o.coordinator_id from public.coordinator_assignments o
  where o.mentor_id = m.id and o.ended_at is null order by o.started_at limit 1
) a on true;

do $$
declare
  pause record;
  record_id uuid;
begin
  for pause in select * from seed_pauses s order by s.paused_on loop
    perform private.act_as('coordinator', pause.coordinator_id);
    insert into public.pause_records
      (mentor_id, status, pause_reason, expected_return_date, paused_at, coordinator_id, effective_on, created_at, updated_at)
    values (pause.mentor_id, 'paused', pause.reason, pause.expected_on, pause.paused_on + time '10:00', pause.coordinator_id,
      pause.paused_on, pause.paused_on + time '10:00', pause.paused_on + time '10:00')
    returning id into record_id;
    if pause.returned_on is not null then
      update public.pause_records
      set status = 'active', reactivated_at = pause.returned_on + time '09:00', effective_on = pause.returned_on
      where id = record_id;
    end if;
  end loop;

  -- Half of the expired ones as the nightly run would leave them, the others as
  -- it will find them.
  for pause in
    select m.id as mentor_id, private.lock_live_record(m.id) as live from seed_mentors m where m.nr % 22 = 0
  loop
    perform private.bring_up_to_date(pause.mentor_id, pause.live, private.today());
  end loop;
  perform private.act_as(null);
end
$$;

-- The older pauses were told of when they began; the rest is what the dispatcher
-- finds at its first start.
update public.notifications n set state = 'delivered'
where exists (select from public.pause_records r where r.id = n.pause_record_id and r.paused_at < now() - interval '7 days');

drop table seed_pauses, seed_mentors, seed_people;
