CREATE OR REPLACE FUNCTION private.search_keys (
  chapter_id uuid,
  searched   text,
  shortest   integer
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  seed bigint := uuid_hash_extended(search_keys.chapter_id, 0);
  keys bigint[] := array[]::bigint[];
  line text;
begin
  foreach line in array string_to_array(search_keys.searched, E'\n') loop
    for length in search_keys.shortest .. 3 loop
      for start in 1 .. char_length(line) - length + 1 loop
        keys := keys || hashtextextended(substr(line, start, length), seed);
      end loop;
    end loop;
  end loop;
  return keys;
end
$function$;

COMMENT ON FUNCTION "private"."search_keys"(uuid, text, integer) IS 'Hashes of all parts of a text that have shortest to three letters, in one chapter. A name has all keys of each part of it.';

REVOKE ALL ON FUNCTION "private"."search_keys"(uuid, text, integer) FROM PUBLIC;
