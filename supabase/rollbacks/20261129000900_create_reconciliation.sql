drop function public.acknowledge_discrepancy(bigint);
drop function private.acknowledge_discrepancy(bigint);
drop function private.mentors_to_reconcile(uuid, integer);
drop function private.reconcile(uuid[], date);
drop function private.repair_log(uuid[], date);
drop function private.find_discrepancies(uuid[]);
drop function private.find_roster_discrepancies(uuid[]);
drop function private.find_log_discrepancies(uuid[]);
drop table public.status_discrepancies;
