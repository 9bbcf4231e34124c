drop function public.acknowledge_discrepancy(bigint);
drop function private.acknowledge_discrepancy(bigint);
drop function private.reconcile(uuid[], date);
drop function private.repair_log(uuid[], date);
drop function private.find_discrepancies(uuid[]);
drop index public.status_discrepancies_reported_once;
alter table public.status_discrepancies
  drop constraint status_discrepancies_kind_known,
  drop column log_id,
  drop column pause_record_id;
comment on column public.status_discrepancies.kind is null;
