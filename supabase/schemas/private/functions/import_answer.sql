CREATE OR REPLACE FUNCTION private.import_answer (
  j          private.import_judgement,
  is_dry_run boolean,
  list       bytea,
  caller_id  uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  counts jsonb := '{"new": 0, "changed": 0, "unchanged": 0, "refused": 0, "possible_duplicate": 0}'::jsonb || (
    select coalesce(jsonb_object_agg(c.outcome, c.number), '{}')
    from (select o.outcome, count(*) as number from unnest((import_answer.j).outcomes) o group by o.outcome) c);
  shown text;
begin
  -- Who is new has an id only once it is entered; so the preview does not cover it.
  shown := encode(sha256(import_answer.list || convert_to(concat_ws(' ',
    (select count(*) from private.imports i where i.list = import_answer.list), (import_answer.j).warnings, (import_answer.j).missing,
    (select string_agg(concat_ws(' ', o."row", o.outcome, o.person_id, o.problems, o.changes), E'\n' order by o."row")
     from unnest((import_answer.j).outcomes) o where o.outcome <> 'unchanged')), 'UTF8')), 'hex');
  return jsonb_build_object('dry_run', import_answer.is_dry_run, 'preview', shown, 'counts', counts,
    'warnings', (import_answer.j).warnings, 'missing', (import_answer.j).missing,
    'locale', (select p.locale from public.profiles p where p.id = import_answer.caller_id),
    'rows', coalesce((
      select ('[' || string_agg(format('{"row": %s, "outcome": "%s", "person_id": %s, "display_name": %s, "problems": %s, "changes": %s}', o."row", o.outcome,
        coalesce('"' || case when o.outcome = 'new' and not import_answer.is_dry_run then o.id else o.person_id end || '"', 'null'),
        -- As it was before the file was entered: the answer says what the dry run said.
        coalesce(to_json(coalesce(o.changes::jsonb #>> '{display_name,from}', p.display_name))::text, 'null'),
        o.problems, o.changes), ', ' order by o."row") || ']')::jsonb
      from unnest((import_answer.j).outcomes) o
      left join public.profiles p on p.id = o.person_id
      where o.outcome <> 'unchanged'), '[]'));
end
$function$;

COMMENT ON FUNCTION "private"."import_answer"(private.import_judgement, boolean, bytea, uuid) IS 'The answer that shows a judgement, with the preview that covers it.';

REVOKE ALL ON FUNCTION "private"."import_answer"(private.import_judgement, boolean, bytea, uuid) FROM PUBLIC;
