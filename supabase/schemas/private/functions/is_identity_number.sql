CREATE OR REPLACE FUNCTION private.is_identity_number (
  digits text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  d integer[] := string_to_array(is_identity_number.digits, null)::integer[];
  day integer := 10 * d[1] + d[2];
  month integer := 10 * d[3] + d[4];
begin
  day := day - case when day > 40 then 40 else 0 end;
  month := month - case when month > 80 then 80 when month > 60 then 65 when month > 40 then 40 else 0 end;
  -- Whether 29 February is possible depends on the century, which is not known yet.
  return month between 1 and 12
    and day between 1 and (array[31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month]
    and (3*d[1] + 7*d[2] + 6*d[3] + d[4] + 8*d[5] + 9*d[6] + 4*d[7] + 5*d[8] + 2*d[9] + d[10]) % 11 = 0
    and (5*d[1] + 4*d[2] + 3*d[3] + 2*d[4] + 7*d[5] + 6*d[6] + 5*d[7] + 4*d[8] + 3*d[9] + 2*d[10] + d[11]) % 11 = 0;
end
$function$;

COMMENT ON FUNCTION "private"."is_identity_number"(text) IS 'Whether 11 digits are a national identity number: a possible day (D-numbers and those of test persons too) and valid check digits.';

REVOKE ALL ON FUNCTION "private"."is_identity_number"(text) FROM PUBLIC;
