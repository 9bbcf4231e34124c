-- The schema that no client reaches, and what everything else rests on: the
-- organisation's date, how a call is refused, and how white space is trimmed.
--
-- By default Supabase grants whatever postgres creates in public to anon,
-- authenticated and service_role, and functions of every schema to public.
-- Altering those defaults would change the project for everybody else in it, so
-- each object is revoked by name and then granted to those it is meant for.

create schema private;
revoke all on schema private from public, anon, authenticated, service_role;
grant usage on schema private to authenticated;

comment on schema private is
  'Internals of mentorpause: definer functions behind the RPCs in public, the roster''s read model, settings. Not exposed by the API.';

create table private.settings (
  only_row boolean not null default true,
  time_zone text not null default 'Europe/Oslo',
  cursor_key bytea not null,
  kinds_have_rules boolean not null default false,
  constraint settings_pkey primary key (only_row),
  constraint settings_only_one_row check (only_row),
  -- An unknown zone fails here with 22023 rather than in every call.
  constraint settings_time_zone_known check ((timestamptz 'epoch' at time zone time_zone) is not null),
  constraint settings_cursor_key_length check (octet_length(cursor_key) = 32)
);
alter table private.settings enable row level security;
revoke all on table private.settings from public, anon, authenticated, service_role;

comment on table private.settings is 'One row: what holds for the whole organisation.';
comment on column private.settings.time_zone is
  'IANA name. The one zone in which dates are judged, whoever calls.';
comment on column private.settings.cursor_key is
  'Secret with which page cursors are sealed. Replacing it invalidates the cursors in use, and does nothing else.';
comment on column private.settings.kinds_have_rules is
  'Whether some kind of certification is or was required or replaced; else each is judged by itself, which is quicker. Kept by a trigger.';

insert into private.settings (cursor_key)
values (sha256(decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')));

-- The functions judge dates too: which night it is, and whether a date is in the future.
create function private.agreed_zone(zone text) returns text
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if lower(nullif(current_setting('mentorpause.time_zone', true), '')) <> lower(agreed_zone.zone) then
    raise exception 'ORGANISATION_TIME_ZONE is %, but the database''s time zone is %',
      current_setting('mentorpause.time_zone'), agreed_zone.zone
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Make the functions'' ORGANISATION_TIME_ZONE the same as private.settings.time_zone.';
  end if;
  return agreed_zone.zone;
end
$$;
revoke all on function private.agreed_zone(text) from public, anon, authenticated, service_role;

comment on function private.agreed_zone(text) is
  'The zone of private.settings, which whoever judges or stores a day by it passes through here. The functions send theirs in the setting mentorpause.time_zone; when it has another name, whatever the case of its letters, it raises SQLSTATE 55000. supabase.rpc sends none.';

create function private.today() returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (now() at time zone (select private.agreed_zone(s.time_zone) from private.settings s))::date;
end
$$;
revoke all on function private.today() from public, anon, authenticated, service_role;

comment on function private.today() is
  'The as-of date: the calendar date now, in the organisation''s time zone. Definer, because callers may not read private.settings.';

create function private.date_of(moment timestamptz) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (date_of.moment at time zone (select private.agreed_zone(s.time_zone) from private.settings s))::date;
end
$$;
revoke all on function private.date_of(timestamptz) from public, anon, authenticated, service_role;

comment on function private.date_of(timestamptz) is
  'The calendar date of a moment in the organisation''s time zone. Whoever waited for a lock asks for the date of clock_timestamp() then, because private.today() is that of the transaction''s start. Definer, because callers may not read private.settings.';

create function private.day_start(day date) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return day_start.day::timestamp at time zone (select s.time_zone from private.settings s);
end
$$;
revoke all on function private.day_start(date) from public, anon, authenticated, service_role;

comment on function private.day_start(date) is
  'The moment at which a date begins in the organisation''s time zone. Definer, because callers may not read private.settings.';

create function private.refusals()
returns table (code text, status integer, message text)
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  values
    ('invalid_request', 400, 'The request is not valid.'),
    ('unauthenticated', 401, 'A valid access token of a signed-in user is required.'),
    ('not_a_coordinator', 403, 'You coordinate no chapter.'),
    ('not_an_administrator', 403, 'You administer no chapter.'),
    ('not_a_mentor', 403, 'You are not a mentor.'),
    ('mentor_not_found', 404, 'No such mentor in your chapters.'),
    ('chapter_not_found', 404, 'No such chapter among yours.'),
    ('not_found', 404, 'No such object, or it is not yours.'),
    ('already_paused', 409, 'The mentor is already paused.'),
    ('not_paused', 409, 'The mentor is not paused.'),
    ('version_conflict', 409, 'The pause record has changed since you read it.'),
    ('certification_expired', 409, 'The mentor''s certification has expired; renew it first.'),
    ('request_in_progress', 409, 'A request with this idempotency key is being carried out.'),
    ('request_expired', 409, 'This request was made more than 72 hours ago, and is no longer carried out.'),
    ('already_answered', 409, 'The request is no longer open.'),
    ('already_exists', 409, 'It is there already.'),
    ('in_use', 409, 'It is in use.'),
    ('preview_outdated', 409, 'What the preview showed no longer holds; make a new one.'),
    ('idempotency_key_reused', 422, 'This idempotency key was used for another request.'),
    ('database_unavailable', 503, 'The database can''t be reached at the moment.')
$$;
revoke all on function private.refusals() from public, anon, authenticated, service_role;

comment on function private.refusals() is
  'The codes with which an RPC refuses, with HTTP status and sentence. The Go functions have the same table; a test compares the two.';

create function private.refuse(code text, details text default null, message text default null, hint text default null) returns void
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  refusal record;
begin
  select r.status, r.message into strict refusal
  from private.refusals() r where r.code = refuse.code;

  -- PostgREST turns this SQLSTATE with JSON in message and detail into the
  -- response's body and status, so that supabase.rpc and the functions answer alike.
  raise sqlstate 'PGRST' using
    message = json_build_object(
      'code', refuse.code,
      'message', coalesce(refuse.message, refusal.message),
      'details', refuse.details,
      'hint', refuse.hint)::text,
    detail = json_build_object(
      'status', refusal.status,
      'headers', json_build_object('sb-error-code', refuse.code))::text;
end
$$;
revoke all on function private.refuse(text, text, text, text) from public, anon, authenticated, service_role;

comment on function private.refuse(text, text, text, text) is
  'Raises SQLSTATE PGRST with the code''s status and sentence. Always raises.';

-- White space is what Unicode calls so, and nothing else. E'\v' is no vertical tab
-- but the letter v. Not SQL: with a search_path of its own it would not be inlined,
-- and would be planned again in each transaction.
create function private.trimmed(value text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return btrim(trimmed.value,
    E' \t\n\u000b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff');
end
$$;
revoke all on function private.trimmed(text) from public, anon, authenticated, service_role;

comment on function private.trimmed(text) is
  'The text without what Unicode calls White_Space around it, and without byte order marks.';

-- What a person sees nothing of: controls, white space, and characters that only
-- format, join or fill.
create function private.is_visible(value text) returns boolean
language plpgsql immutable strict security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return is_visible.value collate "C" ~ ('[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f'
    || '\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]');
end
$$;
revoke all on function private.is_visible(text) from public, anon, authenticated, service_role;
grant execute on function private.is_visible(text) to service_role; -- whose writes the constraints check

comment on function private.is_visible(text) is 'Whether a text has at least one character that can be seen.';

-- With them a name is read in another order than it is written in, and the line around it too.
create function private.without_bidi_controls(value text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return translate(without_bidi_controls.value,
    E'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069', '');
end
$$;
revoke all on function private.without_bidi_controls(text) from public, anon, authenticated, service_role;

comment on function private.without_bidi_controls(text) is
  'The text without what Unicode calls Bidi_Control. Letters have their direction by themselves: Hebrew and Arabic names need none of these.';

-- 11 digits, the first six a day: of birth, plus 40 for a D-number. Test persons and numbers
-- of those who have none have 40, 65 (the health service) or 80 (the Tax Administration)
-- added to the month.
create function private.is_identity_number(digits text) returns boolean
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.is_identity_number(text) from public, anon, authenticated, service_role;

comment on function private.is_identity_number(text) is
  'Whether 11 digits are a national identity number: a possible day (D-numbers and those of test persons too) and valid check digits.';

-- shared/memberlist has the same rule, and a test runs both on the same texts. Between two
-- digits may stand any number of spaces, dots and hyphens, and of whatever isn't printable
-- ASCII: marks and characters that nobody sees come along when a number is pasted, and a
-- notification is written without them.
create function private.contains_identity_number(value text) returns boolean
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  form text := contains_identity_number.value collate "C";
  number constant text := '[0-9](?:[^!-,/-~]*[0-9]){10}(?![0-9])';
  found text;
begin
  -- Nearly every text is done here: no character becomes more digits than twice its further bytes.
  if char_length(form) - char_length(translate(form, '0123456789', '')) + 2 * (octet_length(form) - char_length(form)) < 11 then
    return false;
  end if;
  if octet_length(form) > char_length(form) then
    form := normalize(form, nfkc) collate "C"; -- digits of all widths become the plain ones
  end if;
  if form is null or char_length(translate(form, '0123456789', '')) > char_length(form) - 11 or form !~ number then
    return false;
  end if;
  -- From each digit that no other precedes: numbers may overlap what is written before them.
  for place in 1 .. char_length(form) - 10 loop
    if substr(form, place, 1) ~ '[0-9]' and (place = 1 or substr(form, place - 1, 1) !~ '[0-9]') then
      found := substring(substr(form, place) from '^(' || number || ')');
      if found is not null and private.is_identity_number(regexp_replace(found, '[^0-9]', '', 'g')) then
        return true;
      end if;
    end if;
  end loop;
  return false;
end
$$;
revoke all on function private.contains_identity_number(text) from public, anon, authenticated, service_role;

comment on function private.contains_identity_number(text) is
  'Whether a text contains a national identity number, however its digits are grouped. Such a text is neither stored, nor logged, nor echoed.';

create function private.refuse_removal() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = tg_argv[0];
end
$$;
revoke all on function private.refuse_removal() from public, anon, authenticated, service_role;

comment on function private.refuse_removal() is 'Trigger: refuses what would remove something from the history, for every role, with its argument as the hint (SQLSTATE 23001).';

-- Whoever edits SQL by hand is the owner of the functions, so not the role but the calls
-- tell a log's own writers: PL/pgSQL names each function that the statement came through.
create function private.refuse_direct_write() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  calls text;
begin
  get diagnostics calls = pg_context;
  -- The first line is this function's own; in another language than English nothing is told.
  if position('PL/pgSQL function ' in calls) = 1 and position(E'\nPL/pgSQL function ' || tg_argv[0] in calls) = 0 then
    raise exception '% on %.% is refused: it is written by its functions alone', tg_op, tg_table_schema, tg_table_name
      using errcode = 'restrict_violation', hint = tg_argv[1];
  end if;
  return null;
end
$$;
revoke all on function private.refuse_direct_write() from public, anon, authenticated, service_role;

comment on function private.refuse_direct_write() is
  'Trigger: refuses, for every role, what is not written by a function of ours whose name begins with the first argument (SQLSTATE 23001); the second is the hint. What a trigger writes is not asked about: the condition is pg_trigger_depth() = 0.';
