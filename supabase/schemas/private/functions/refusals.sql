CREATE OR REPLACE FUNCTION private.refusals()
  RETURNS TABLE (
    code    text,
    status  integer,
    message text
  )
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."refusals"() IS 'The codes with which an RPC refuses, with HTTP status and sentence. The Go functions have the same table; a test compares the two.';

REVOKE ALL ON FUNCTION "private"."refusals"() FROM PUBLIC;
