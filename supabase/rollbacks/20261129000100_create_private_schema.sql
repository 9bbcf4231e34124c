drop function private.trimmed(text);
drop function private.refuse(text, text, text);
drop function private.refusals();
drop function private.today();
drop table private.settings;
drop schema private;
