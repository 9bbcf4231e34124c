CREATE OR REPLACE FUNCTION private.save_certification_kind (
  code                  text,
  name_nb               text,
  name_nn               text,
  name_en               text,
  months_valid          integer,
  is_required           boolean,
  replaced_by           text,
  due_after_months_away integer,
  request_id            uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_office_command('save_certification_kind', save_certification_kind.request_id);
  fingerprint bytea := private.fingerprint('save_certification_kind', jsonb_build_array(save_certification_kind.code,
    save_certification_kind.name_nb, save_certification_kind.name_nn, save_certification_kind.name_en,
    save_certification_kind.months_valid, save_certification_kind.is_required, save_certification_kind.replaced_by,
    save_certification_kind.due_after_months_away));
  replayed jsonb := private.replay_command(caller, '{}', save_certification_kind.request_id, fingerprint);
  wanted text;
  nb text;
  nn text;
  en text;
  successor text;
  months integer := save_certification_kind.months_valid;
  away integer := save_certification_kind.due_after_months_away;
  stored public.certification_kinds;
  saved public.certification_kinds;
  violated text;
begin
  if replayed is not null then
    return replayed;
  end if;
  wanted := private.judged_text('code', save_certification_kind.code, 100);
  nb := private.judged_text('name_nb', save_certification_kind.name_nb, 200, false);
  nn := private.judged_text('name_nn', save_certification_kind.name_nn, 200, false);
  en := private.judged_text('name_en', save_certification_kind.name_en, 200, false);
  -- 0 and an empty text take away what was saved.
  if months not between 0 and 1200 then
    perform private.refuse('invalid_request', 'months_valid', 'months_valid must be between 1 and 1200, or 0 for no end.');
  end if;
  if away not between 0 and 1200 then
    perform private.refuse('invalid_request', 'due_after_months_away', 'due_after_months_away must be between 1 and 1200, or 0 for never.');
  end if;
  if private.trimmed(save_certification_kind.replaced_by) <> '' then
    successor := private.kind_code(private.judged_text('replaced_by', save_certification_kind.replaced_by, 100));
    if successor is null then
      perform private.refuse('invalid_request', 'replaced_by', 'replaced_by must be the code of a certification kind.');
    end if;
  end if;

  -- The row, then one save at a time until the commit, as for every writer.
  select * into stored from public.certification_kinds k where k.code = private.kind_code(wanted) for no key update;
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.certification_kinds', 0));
  if stored.code is null then
    -- Somebody may have made it meanwhile.
    select * into stored from public.certification_kinds k where k.code = private.kind_code(wanted) for no key update;
  end if;
  perform private.require_office(caller);
  begin
    if stored.code is null then
      insert into public.certification_kinds (code, name_nb, name_nn, name_en, months_valid, is_required, replaced_by, due_after_months_away)
      values (wanted, nb, nn, en, nullif(months, 0), coalesce(save_certification_kind.is_required, false), successor, nullif(away, 0))
      returning * into saved;
    else
      update public.certification_kinds k
      set name_nb = coalesce(nb, k.name_nb), name_nn = coalesce(nn, k.name_nn), name_en = coalesce(en, k.name_en),
        months_valid = case when months is null then k.months_valid else nullif(months, 0) end,
        is_required = coalesce(save_certification_kind.is_required, k.is_required),
        replaced_by = case when save_certification_kind.replaced_by is null then k.replaced_by else successor end,
        due_after_months_away = case when away is null then k.due_after_months_away else nullif(away, 0) end
      where k.code = stored.code
      returning * into saved;
    end if;
  exception when check_violation then
    get stacked diagnostics violated = constraint_name;
    if violated in ('certification_kinds_no_cycle', 'certification_kinds_not_replaced_by_itself') then
      perform private.refuse('invalid_request', 'replaced_by', 'A kind must not in the end be replaced by itself.');
    end if;
    raise;
  end;
  if saved is distinct from stored then
    perform private.log_command(caller, null, null, case when stored.code is not null then to_jsonb(stored) - 'match_key' end,
      to_jsonb(saved) - 'match_key');
  end if;
  return private.finish_command(caller, save_certification_kind.request_id, fingerprint, null,
    jsonb_build_object('certification_kind', to_jsonb(saved) - 'match_key'));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) IS 'Behind public.save_certification_kind. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."save_certification_kind"(text, text, text, text, integer, boolean, text, integer, uuid) FROM PUBLIC;
