CREATE OR REPLACE FUNCTION private.counted_days (
  facts private.roster_fact[]
)
  RETURNS TABLE (
    chapter_set_id integer,
    day            date,
    mentors        bigint,
    expired        bigint,
    expiring       bigint,
    paused         bigint,
    overdue        bigint,
    due_back       bigint,
    open_ended     bigint,
    open_requests  bigint
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- A day of margin: no as-of date is before this.
  past date := private.today() - 1;
begin
  -- Every number is a mentor more from a day on, and one less from another.
  return query
    select f.chapter_set_id, case when d.day < past then '-infinity' else d.day end,
      sum(d.change) filter (where s.number = 'mentors'), sum(d.change) filter (where s.number = 'expired'),
      sum(d.change) filter (where s.number = 'expiring'), sum(d.change) filter (where s.number = 'paused'),
      sum(d.change) filter (where s.number = 'overdue'), sum(d.change) filter (where s.number = 'due_back'),
      sum(d.change) filter (where s.number = 'open_ended'), sum(d.change) filter (where s.number = 'open_requests')
    from (
      select u.chapter_set_id, sum(u.change)::integer as change, u.subject, u.from_on, u.until_on,
        coalesce(u.certified_until, 'infinity') as certified_until, u.expected_return_date
      from unnest(counted_days.facts) u
      group by u.chapter_set_id, u.subject, u.from_on, u.until_on, coalesce(u.certified_until, 'infinity'), u.expected_return_date
      having sum(u.change) <> 0
    ) f
    cross join lateral (
      select v.number, v.from_on, v.until_on
      from (
        values
          ('mentor', 'mentors', f.from_on, f.until_on),
          ('mentor', 'expired', greatest(f.from_on, f.certified_until + 1), f.until_on),
          ('mentor', 'expiring', greatest(f.from_on, f.certified_until - 30), least(f.until_on, f.certified_until + 1)),
          ('pause', 'paused', f.from_on, least(f.until_on, f.certified_until + 1)),
          ('pause', 'overdue', greatest(f.from_on, f.expected_return_date + 1), least(f.until_on, f.certified_until + 1)),
          ('pause', 'due_back', greatest(f.from_on, f.expected_return_date - 7),
            least(f.until_on, f.certified_until + 1, f.expected_return_date + 1)),
          ('pause', 'open_ended', f.from_on, least(f.until_on, f.certified_until + 1)),
          ('request', 'open_requests', f.from_on, f.until_on)
      ) v (subject, number, from_on, until_on)
      where v.subject = f.subject and v.from_on < v.until_on and v.until_on > past
        and not (v.number in ('overdue', 'due_back') and f.expected_return_date is null)
        and not (v.number = 'open_ended' and f.expected_return_date is not null)
    ) s
    cross join lateral (values (s.from_on, f.change), (s.until_on, -f.change)) d (day, change)
    where d.day < 'infinity'
    group by 1, 2;
end
$function$;

COMMENT ON FUNCTION "private"."counted_days"(private.roster_fact[]) IS 'What facts mean for private.roster_counts: by how much which number changes on which day (null: not at all).';

REVOKE ALL ON FUNCTION "private"."counted_days"(private.roster_fact[]) FROM PUBLIC;
