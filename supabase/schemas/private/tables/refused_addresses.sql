CREATE TABLE "private"."refused_addresses" (
  "person_id"    uuid                     NOT NULL,
  "address_hash" bytea                    NOT NULL,
  "refused_at"   timestamp with time zone NOT NULL,
  CONSTRAINT "refused_addresses_hash_length" CHECK ((octet_length(address_hash) = 32)),
  CONSTRAINT "refused_addresses_pkey" PRIMARY KEY (person_id)
);

ALTER TABLE "private"."refused_addresses"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."refused_addresses"."address_hash" IS 'SHA-256 of the address in lower case: enough to notice another one, while the address itself stays in Supabase Auth alone.';

COMMENT ON TABLE "private"."refused_addresses" IS 'People whose e-mail address a mail server has refused permanently: nothing more is sent there until the address changes or 30 days have passed.';
