CREATE TABLE "private"."imports" (
  "id"          bigint                   GENERATED ALWAYS AS IDENTITY NOT NULL,
  "list"        bytea                    NOT NULL,
  "source"      text                     NOT NULL,
  "actor_id"    uuid,
  "counts"      jsonb                    NOT NULL,
  "imported_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "imports_pkey" PRIMARY KEY (id)
);

ALTER TABLE "private"."imports"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX imports_by_list ON private.imports USING btree (list);

CREATE TRIGGER imports_refuse_change
  BEFORE DELETE OR UPDATE OR TRUNCATE ON private.imports
  FOR EACH STATEMENT
  EXECUTE FUNCTION private.refuse_removal('The ledger of imports is append-only.');

COMMENT ON COLUMN "private"."imports"."actor_id" IS 'Null for service_role.';

COMMENT ON COLUMN "private"."imports"."list" IS 'Hash of what was asked: the list, its source and its chapter.';

COMMENT ON TABLE "private"."imports" IS 'Append-only: each list that was entered, by whom, with which result. A preview counts how often its list was, so that a used one is outdated.';
