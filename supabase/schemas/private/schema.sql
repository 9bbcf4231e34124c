CREATE SCHEMA "private";

GRANT USAGE ON SCHEMA "private" TO "authenticated";

COMMENT ON SCHEMA "private" IS 'Internals of mentorpause: definer functions behind the RPCs in public, the roster''s read model, settings. Not exposed by the API.';
