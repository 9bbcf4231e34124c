CREATE OR REPLACE FUNCTION private.next_email_try (
  number integer,
  as_of  timestamp with time zone
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- A minute, two, four … up to four hours, give or take a quarter, so that what
  -- failed together is not repeated together: 15 attempts in about 28 hours.
  if next_email_try.number >= 15 then
    return null;
  end if;
  return next_email_try.as_of
    + least(interval '1 minute' * 2 ^ (next_email_try.number - 1), interval '4 hours') * (0.75 + random() / 2);
end
$function$;

COMMENT ON FUNCTION "private"."next_email_try"(integer, timestamp with time zone) IS 'When an e-mail is sent again after the attempt of that number failed temporarily; null after the last.';

REVOKE ALL ON FUNCTION "private"."next_email_try"(integer, timestamp WITH time zone) FROM PUBLIC;
