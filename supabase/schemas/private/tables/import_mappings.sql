CREATE TABLE "private"."import_mappings" (
  "chapter_id" uuid                     NOT NULL,
  "header_set" text                     NOT NULL,
  "mapping"    jsonb                    NOT NULL,
  "saved_at"   timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "import_mappings_header_set_form" CHECK ((header_set ~ '^[0-9a-f]{64}$'::text)),
  CONSTRAINT "import_mappings_pkey" PRIMARY KEY (chapter_id, header_set),
  CONSTRAINT "import_mappings_chapter_exists" FOREIGN KEY (chapter_id) REFERENCES public.chapters(id) ON DELETE CASCADE
);

ALTER TABLE "private"."import_mappings"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."import_mappings"."header_set" IS 'Hash of the headers, whatever their order.';

COMMENT ON COLUMN "private"."import_mappings"."mapping" IS 'Header to field; an empty field has the column ignored.';

COMMENT ON TABLE "private"."import_mappings" IS 'What columns meant the last time that a list with these headers was entered into this chapter. By chapter, so that nobody decides what a file means elsewhere.';
