-- Auto-expose turned off: new objects of postgres in public are out of reach
-- of the API. What remains is as on the platform: TRUNCATE, REFERENCES and
-- TRIGGER on tables (MAINTAIN from 17 on), UPDATE on sequences, and EXECUTE
-- for PUBLIC on functions, which is PostgreSQL's own default.

alter default privileges for role postgres in schema public
  revoke select, insert, update, delete on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  revoke execute on functions from anon, authenticated, service_role;
