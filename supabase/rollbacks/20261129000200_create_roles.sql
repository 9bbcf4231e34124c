drop role pause_scheduler;
drop role pause_api;
