CREATE OR REPLACE FUNCTION private.import_people_known (
  given  private.import_row[],
  source text
)
  RETURNS private.import_person[]
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
begin
  return array(
    select row(k.person, k.first_row, coalesce(k.known, gen_random_uuid()),
      case
        when k.known is null then 'new'
        when exists (select from private.final_people f where f.person_id = k.known) then 'final'
        when k.same_as <> k.first_row then 'repeated'
        else 'whole' end,
      k.by_number is not null, k.number, k.by_number is not null, k.by_email is not null,
      k.by_email <> k.by_number, k.email is not null, k.same_as, k.name)::private.import_person
    from (
      select w.*, coalesce(w.by_number, w.by_email) as known,
        -- The address and the number of one person, in rows that don't say so.
        case when coalesce(w.by_number, w.by_email) is not null
          then min(w.first_row) over (partition by coalesce(w.by_number, w.by_email)) end as same_as
      from (
        select g.person, g.first_row, g.number, g.email, g.name, x.person_id as by_number,
          -- Of somebody with a login, the address in Supabase Auth counts.
          coalesce(l.id, c.person_id) as by_email
        from (
          select r.person, min(r."row") as first_row, max(r.external_id) as number, max(r.email) as email,
            (array_agg(r.display_name order by r."row") filter (where r.display_name is not null and not r.refused))[1] as name
          from unnest(import_people_known.given) r
          group by r.person
        ) g
        left join public.external_ids x on x.source = import_people_known.source and x.external_id = g.number
        left join (auth.users u join public.profiles l on l.id = u.id) on u.email = g.email and not u.is_sso_user
        left join public.contacts c on c.email = g.email
      ) w
    ) k
    order by k.person);
end
$function$;

COMMENT ON FUNCTION "private"."import_people_known"(private.import_row[], text) IS 'Whom the rows of a list are about: known by member number, else by address; else new, with an id of their own.';

REVOKE ALL ON FUNCTION "private"."import_people_known"(private.import_row[], text) FROM PUBLIC;
