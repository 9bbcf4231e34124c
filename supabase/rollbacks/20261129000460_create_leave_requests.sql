drop trigger planned_pauses_settle_requests on public.planned_pauses;
drop function private.settle_planned_requests();
drop function private.settle_leave_requests(uuid[], date);
drop function private.place_requests(uuid[]);
drop table private.request_places;
drop table public.leave_requests;
drop function private.guard_leave_request();
