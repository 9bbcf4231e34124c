CREATE OR REPLACE FUNCTION private.name_kind()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  code text;
begin
  if exists (select from public.certification_kinds k where k.code = new.kind) or new.kind is null then
    return new;
  end if;
  code := private.kind_code(new.kind);
  if code is null then
    -- From other systems and from hands; the commands have asked before.
    insert into public.certification_kinds (code) values (new.kind) on conflict do nothing;
    code := private.kind_code(new.kind);
  end if;
  new.kind := code;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."name_kind"() IS 'Trigger: a certification names its kind by the code, whatever the case in which it was entered; an unknown kind is made. Definer, for writers who reach only the table itself.';

REVOKE ALL ON FUNCTION "private"."name_kind"() FROM PUBLIC;
