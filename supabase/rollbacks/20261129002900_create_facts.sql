do $$
declare
  facts record;
begin
  for facts in
    select t.tgname, t.tgrelid::regclass as on_table
    from pg_catalog.pg_trigger t
    where t.tgname ~ '_record_facts_(insert|update|delete)$' and not t.tgisinternal
  loop
    execute format('drop trigger %I on %s', facts.tgname, facts.on_table);
  end loop;
end
$$;
drop function private.backfill_facts();
drop view private.pause_versions;
drop table private.identity_versions, private.kind_versions, private.plan_versions, private.recorded_pauses,
  private.certification_versions, private.membership_versions;
drop function private.refuse_rewriting();
drop function private.record_facts();
drop function private.fact_author(text, text);
drop function private.known_moment(timestamptz, boolean);
drop function private.fact_moment();
drop function private.fact_moment(bytea);
drop function private.sealed_moment(timestamptz, bytea);
