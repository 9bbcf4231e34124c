package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// These tests compare the stand-in with what was measured on Supabase.

const (
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
)

var apiRoles = []string{"anon", "authenticated", "service_role"}

var databases atomic.Int64

// inBothModes runs a test on a new database of each exposure.
func inBothModes(t *testing.T, test func(t *testing.T, mode Exposure, database string)) {
	t.Helper()
	for _, mode := range []Exposure{AutoExpose, NoAutoExpose} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			test(t, mode, newDatabase(t, mode))
		})
	}
}

func newDatabase(t *testing.T, mode Exposure) string {
	t.Helper()
	name := fmt.Sprintf("platform_%d", databases.Add(1))
	if err := shared.CreateDatabase(t.Context(), name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func wantRefused(t *testing.T, conn *pgx.Conn, sql, sqlstate string) {
	t.Helper()
	err := execute(t.Context(), conn, sql)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != sqlstate {
		t.Errorf("%s: got %v, want SQLSTATE %s", sql, err, sqlstate)
	}
}

func TestRolesHaveTheirAttributes(t *testing.T) {
	t.Parallel()
	type role struct {
		Name                                                                       string
		Superuser, Inherit, CreateRole, CreateDB, CanLogin, Replication, BypassRLS bool
	}
	conn := connectAs(t, shared, Superuser, Maintenance)
	rows, err := conn.Query(t.Context(), `
		select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls
		from pg_roles where rolname !~ '^(pg_|test_)' order by rolname collate "C"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[role])
	if err != nil {
		t.Fatal(err)
	}
	want := []role{
		{Name: "anon", Inherit: true},
		{Name: "authenticated", Inherit: true},
		{Name: "authenticator", CanLogin: true},
		{Name: "postgres", Inherit: true, CreateRole: true, CreateDB: true, CanLogin: true, Replication: true, BypassRLS: true},
		{Name: "service_role", Inherit: true, BypassRLS: true},
		{Name: "supabase_admin", Superuser: true, Inherit: true, CreateRole: true, CreateDB: true, CanLogin: true, Replication: true, BypassRLS: true},
		{Name: "supabase_auth_admin", CreateRole: true, CanLogin: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if oid := value[uint32](t, conn, "select oid from pg_roles where rolname = 'supabase_admin'"); oid != 10 {
		t.Errorf("supabase_admin has oid %d, want the bootstrap superuser's 10", oid)
	}
}

func TestRolesHaveTheirMemberships(t *testing.T) {
	t.Parallel()
	conn := connectAs(t, shared, Superuser, Maintenance)
	admin := ""
	if value[int](t, conn, "select current_setting('server_version_num')::int") >= 160000 {
		admin = " admin"
	}
	got := list[string](t, conn, `
		select m.member::regrole::text || ' in ' || m.roleid::regrole::text || case when m.admin_option then ' admin' else '' end
		from pg_auth_members m
		where m.member::regrole::text !~ '^(pg_|test_)' and m.roleid::regrole::text !~ '^test_'
		order by 1`)
	want := []string{
		"authenticator in anon",
		"authenticator in authenticated",
		"authenticator in service_role",
		"postgres in anon" + admin,
		"postgres in authenticated" + admin,
		"postgres in pg_monitor",
		"postgres in pg_read_all_data",
		"postgres in pg_signal_backend",
		"postgres in service_role" + admin,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsApplyAtLogin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ role, setting, want string }{
		{"authenticator", "statement_timeout", "8s"},
		{"authenticator", "lock_timeout", "8s"},
		{"postgres", "statement_timeout", "0"},
		{"postgres", "search_path", `"\$user", public, extensions`},
		{"supabase_admin", "search_path", `"\$user", public, auth, extensions`},
		{"supabase_auth_admin", "search_path", "auth"},
	} {
		t.Run(test.role+" "+test.setting, func(t *testing.T) {
			t.Parallel()
			conn := connectAs(t, shared, test.role, Maintenance)
			if got := value[string](t, conn, "select current_setting($1)", test.setting); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("and not at set role", func(t *testing.T) {
		t.Parallel()
		conn := connectAs(t, shared, "authenticator", Maintenance)
		mustExec(t, conn, "set role anon")
		if got := value[string](t, conn, "show statement_timeout"); got != "8s" {
			t.Errorf("statement_timeout %s, want authenticator's 8s", got)
		}
	})
	t.Run("API roles have theirs for whoever reads them", func(t *testing.T) {
		t.Parallel()
		conn := connectAs(t, shared, Superuser, Maintenance)
		got := list[string](t, conn, "select rolname || ' ' || array_to_string(rolconfig, ' ') from pg_roles where rolname in ('anon', 'authenticated') order by 1")
		want := []string{"anon statement_timeout=3s", "authenticated statement_timeout=8s"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPIRolesCannotLogIn(t *testing.T) {
	t.Parallel()
	const invalidAuthorization = "28000"
	for _, role := range apiRoles {
		_, err := pgx.Connect(t.Context(), shared.URL(role, Maintenance))
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != invalidAuthorization && pgErr.Code != "28P01" {
			t.Errorf("%s: got %v, want a refused login", role, err)
		}
	}
}

func TestPasswordIsChecked(t *testing.T) {
	t.Parallel()
	_, err := pgx.Connect(t.Context(), strings.Replace(shared.URL("postgres", Maintenance), ":"+Password+"@", ":wrong@", 1))
	const invalidPassword = "28P01"
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != invalidPassword {
		t.Errorf("got %v, want SQLSTATE %s", err, invalidPassword)
	}
}

// privileges lists each API role's effective privileges on an object, "role: A B",
// as PostgreSQL itself reports them.
func privileges(t *testing.T, conn *pgx.Conn, function, object string, names ...string) []string {
	t.Helper()
	var all []string
	for _, role := range apiRoles {
		held := []string{role + ":"}
		for _, name := range names {
			if value[bool](t, conn, "select "+function+"($1, $2, $3)", role, object, name) {
				held = append(held, name)
			}
		}
		all = append(all, strings.Join(held, " "))
	}
	return all
}

func forEachAPIRole(privileges string) []string {
	var all []string
	for _, role := range apiRoles {
		all = append(all, strings.TrimSpace(role+": "+privileges))
	}
	return all
}

func TestDefaultPrivilegesOfWhatPostgresCreates(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		mustExec(t, conn, `
			create table public.things (id int);
			create sequence public.numbers;
			create function public.answer() returns int language sql return 42;
			create schema rooms;
			create table rooms.things (id int);
			create function rooms.answer() returns int language sql return 42`)

		table := []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}
		if value[int](t, conn, "select current_setting('server_version_num')::int") >= 170000 {
			table = append(table, "MAINTAIN")
		}
		onTable, onSequence := table, "USAGE SELECT UPDATE"
		if mode == NoAutoExpose {
			onTable, onSequence = table[4:], "UPDATE"
		}
		for _, test := range []struct {
			name string
			got  []string
			want string
		}{
			{"tables in public", privileges(t, conn, "has_table_privilege", "public.things", table...), strings.Join(onTable, " ")},
			{"sequences in public", privileges(t, conn, "has_sequence_privilege", "public.numbers", "USAGE", "SELECT", "UPDATE"), onSequence},
			{"functions in public", privileges(t, conn, "has_function_privilege", "public.answer()", "EXECUTE"), "EXECUTE"},
			{"new schemas", privileges(t, conn, "has_schema_privilege", "rooms", "USAGE", "CREATE"), ""},
			{"tables in new schemas", privileges(t, conn, "has_table_privilege", "rooms.things", table...), ""},
			{"functions in new schemas", privileges(t, conn, "has_function_privilege", "rooms.answer()", "EXECUTE"), "EXECUTE"},
		} {
			if diff := cmp.Diff(forEachAPIRole(test.want), test.got); diff != "" {
				t.Errorf("%s:\n%s", test.name, diff)
			}
		}
	})
}

func TestAnonTruncatesInBothModes(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, mode Exposure, database string) {
		owner := connectAs(t, shared, "postgres", database)
		mustExec(t, owner, "create table public.things (id int); insert into public.things values (1); alter table public.things enable row level security")
		anon := connectAs(t, shared, "authenticator", database)
		mustExec(t, anon, "set role anon; truncate public.things")
		if n := value[int](t, owner, "select count(*) from public.things"); n != 0 {
			t.Errorf("%d rows left, want 0", n)
		}
		if mode == NoAutoExpose {
			wantRefused(t, anon, "select from public.things", insufficientPrivilege)
		} else {
			mustExec(t, anon, "select from public.things")
		}
	})
}

func TestFunctionsAreExecutableByPublic(t *testing.T) {
	t.Parallel()
	executableByPublic := func(t *testing.T, conn *pgx.Conn, function string) bool {
		t.Helper()
		// 0 is PUBLIC.
		return value[bool](t, conn, `
			select exists (
			  select from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
			  where p.oid = $1::regprocedure and a.grantee = 0 and a.privilege_type = 'EXECUTE')`, function)
	}
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		mustExec(t, conn, `
			create schema rooms;
			create function public.first() returns int language sql return 1;
			create function rooms.first() returns int language sql return 1;
			alter default privileges in schema public revoke execute on functions from public;
			alter default privileges in schema rooms revoke execute on functions from public;
			create function public.second() returns int language sql return 2;
			create function rooms.second() returns int language sql return 2`)
		for _, function := range []string{"public.first()", "rooms.first()", "public.second()", "rooms.second()"} {
			if !executableByPublic(t, conn, function) {
				t.Errorf("%s is not executable by PUBLIC; the revoke in a schema has no effect on the platform", function)
			}
		}
		mustExec(t, conn, `
			alter default privileges revoke execute on functions from public;
			create function public.third() returns int language sql return 3;
			create function rooms.third() returns int language sql return 3`)
		for _, function := range []string{"public.third()", "rooms.third()"} {
			if executableByPublic(t, conn, function) {
				t.Errorf("%s is executable by PUBLIC after the revoke without a schema", function)
			}
		}
	})
}

func TestPerObjectRevokeComesOutTheSame(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		mustExec(t, conn, `
			create table public.things (id int);
			create function public.answer() returns int language sql return 42;
			revoke all on table public.things from public, anon, authenticated, service_role;
			revoke all on function public.answer() from public, anon, authenticated, service_role;
			grant select on table public.things to authenticated;
			grant execute on function public.answer() to service_role`)
		got := slices.Concat(
			privileges(t, conn, "has_table_privilege", "public.things", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
			privileges(t, conn, "has_function_privilege", "public.answer()", "EXECUTE"))
		want := []string{"anon:", "authenticated: SELECT", "service_role:", "anon:", "authenticated:", "service_role: EXECUTE"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAuthUsers(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		postgres := connectAs(t, shared, "postgres", database)
		mustExec(t, postgres, "insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000001', 'kari@example.no')")

		t.Run("belongs to supabase_auth_admin and has row level security", func(t *testing.T) {
			got := value[string](t, postgres, "select relowner::regrole || ' ' || relrowsecurity from pg_class where oid = 'auth.users'::regclass")
			if got != "supabase_auth_admin true" {
				t.Errorf("got %s", got)
			}
		})
		t.Run("API roles may use the schema and not read the table", func(t *testing.T) {
			if diff := cmp.Diff(forEachAPIRole("USAGE"), privileges(t, postgres, "has_schema_privilege", "auth", "USAGE", "CREATE")); diff != "" {
				t.Error(diff)
			}
			for _, role := range apiRoles {
				conn := connectAs(t, shared, "authenticator", database)
				mustExec(t, conn, "set role "+role)
				wantRefused(t, conn, "select from auth.users", insufficientPrivilege)
			}
		})
		t.Run("postgres has DML, TRIGGER and REFERENCES", func(t *testing.T) {
			mustExec(t, postgres, `
				update auth.users set email = 'ola@example.no' where id = '00000000-0000-4000-8000-000000000001';
				create table public.profiles (id uuid primary key references auth.users on delete cascade);
				create function public.on_user() returns trigger language plpgsql as 'begin return new; end';
				create trigger on_user after insert on auth.users for each row execute function public.on_user()`)
			if n := value[int](t, postgres, "select count(*) from auth.users where email = 'ola@example.no'"); n != 1 {
				t.Errorf("postgres sees %d rows, want 1: it bypasses row level security", n)
			}
			mustExec(t, postgres, "delete from auth.users")
		})
		t.Run("postgres may not truncate or alter it, or create beside it", func(t *testing.T) {
			wantRefused(t, postgres, "truncate auth.users cascade", insufficientPrivilege)
			wantRefused(t, postgres, "alter table auth.users add column extra int", insufficientPrivilege)
			wantRefused(t, postgres, "create table auth.extra (id int)", insufficientPrivilege)
			wantRefused(t, postgres, "create function auth.extra() returns int language sql return 1", insufficientPrivilege)
			wantRefused(t, postgres, "set role supabase_auth_admin", insufficientPrivilege)
		})
		t.Run("takes what Supabase Auth writes", func(t *testing.T) {
			conn := connectAs(t, shared, "supabase_auth_admin", database)
			mustExec(t, conn, `
				insert into users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, invited_at,
				  confirmation_token, confirmation_sent_at, recovery_token, email_change_token_new, email_change, last_sign_in_at,
				  raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, phone, banned_until,
				  is_sso_user, deleted_at, is_anonymous)
				values ('00000000-0000-0000-0000-000000000000', '00000000-0000-4000-8000-000000000002', 'authenticated', 'authenticated',
				  'siv@example.no', 'x', now(), null, '', null, '', '', '', now(), '{"provider":"email"}', '{"name":"Siv"}', null, now(), now(),
				  null, null, false, null, false)`)
			const uniqueViolation = "23505"
			wantRefused(t, conn, "insert into users (id, email) values ('00000000-0000-4000-8000-000000000003', 'siv@example.no')", uniqueViolation)
			mustExec(t, conn, "insert into users (id, email, is_sso_user) values ('00000000-0000-4000-8000-000000000003', 'siv@example.no', true)")
		})
	})
}

func TestTriggersOnAuthUsersRunAsItsOwner(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, AutoExpose)
	postgres := connectAs(t, shared, "postgres", database)
	mustExec(t, postgres, `
		create table public.profiles (id uuid primary key references auth.users on delete cascade);
		create table public.seen (event text, who text, path text);
		grant insert on public.seen to supabase_auth_admin;
		create function public.see() returns trigger language plpgsql as $$
		begin
		  insert into public.seen values (tg_table_name || ' ' || tg_op, current_user, current_setting('search_path'));
		  return null;
		end $$;
		create trigger see after insert on auth.users for each row execute function public.see();
		create trigger see after delete on public.profiles for each row execute function public.see()`)
	auth := connectAs(t, shared, "supabase_auth_admin", database)
	mustExec(t, auth, "insert into users (id) values ('00000000-0000-4000-8000-000000000001')")
	mustExec(t, postgres, "insert into public.profiles values ('00000000-0000-4000-8000-000000000001')")
	mustExec(t, auth, "delete from users")
	got := list[string](t, postgres, "select concat_ws(', ', event, who, path) from public.seen")
	want := []string{"users INSERT, supabase_auth_admin, auth", "profiles DELETE, supabase_auth_admin, auth"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	t.Run("and fail on a name that only postgres finds", func(t *testing.T) {
		mustExec(t, postgres, `create or replace function public.see() returns trigger language plpgsql as 'begin insert into seen values (null); return null; end'`)
		wantRefused(t, auth, "insert into users (id) values ('00000000-0000-4000-8000-000000000002')", undefinedTable)
	})
	t.Run("and go with their function only: postgres does not own the table", func(t *testing.T) {
		wantRefused(t, postgres, "drop trigger see on auth.users", insufficientPrivilege)
		mustExec(t, postgres, "drop function public.see() cascade")
	})
	t.Run("and a reference without an action stops the deletion of a user", func(t *testing.T) {
		mustExec(t, postgres, `
			create table public.notes (author uuid references auth.users);
			insert into auth.users (id) values ('00000000-0000-4000-8000-000000000003');
			insert into public.notes values ('00000000-0000-4000-8000-000000000003')`)
		const foreignKeyViolation = "23503"
		wantRefused(t, auth, "delete from users where id = '00000000-0000-4000-8000-000000000003'", foreignKeyViolation)
	})
}

func TestAuthFunctionsReadTheClaims(t *testing.T) {
	t.Parallel()
	const one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	const all = `{"sub": "` + one + `", "role": "authenticated", "email": "kari@example.no", "aal": "aal1"}`
	tests := []struct {
		name     string
		settings map[string]string
		want     string
	}{
		{"unset is null", nil, "- - - -"},
		{"empty is null", map[string]string{"request.jwt.claims": "", "request.jwt.claim.sub": "", "request.jwt.claim.role": "", "request.jwt.claim.email": "", "request.jwt.claim": ""}, "- - - -"},
		{"the JSON of all claims is read", map[string]string{"request.jwt.claims": all}, one + " authenticated kari@example.no aal1"},
		{"single claims are read", map[string]string{"request.jwt.claim.sub": two, "request.jwt.claim.role": "anon", "request.jwt.claim.email": "ola@example.no"}, two + " anon ola@example.no -"},
		{"single claims come first", map[string]string{"request.jwt.claim.sub": two, "request.jwt.claims": all}, two + " authenticated kari@example.no aal1"},
		{"an empty single claim does not count", map[string]string{"request.jwt.claim.sub": "", "request.jwt.claims": all}, one + " authenticated kari@example.no aal1"},
		{"claims without the name are null", map[string]string{"request.jwt.claims": `{"role": "anon"}`}, "- anon - -"},
	}
	database := newDatabase(t, NoAutoExpose)
	for _, role := range apiRoles {
		for _, test := range tests {
			t.Run(role+": "+test.name, func(t *testing.T) {
				t.Parallel()
				conn := connectAs(t, shared, "authenticator", database)
				mustExec(t, conn, "set role "+role)
				for name, setting := range test.settings {
					value[string](t, conn, "select set_config($1, $2, false)", name, setting)
				}
				got := value[string](t, conn, `
					select concat_ws(' ', coalesce(auth.uid()::text, '-'), coalesce(auth.role(), '-'), coalesce(auth.email(), '-'), coalesce(auth.jwt() ->> 'aal', '-'))`)
				if got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			})
		}
	}
	t.Run("are SQL, stable and invoker's", func(t *testing.T) {
		conn := connectAs(t, shared, "postgres", database)
		got := list[string](t, conn, `
			select concat_ws(' ', p.proname, l.lanname, p.provolatile, p.prosecdef)
			from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'auth'::regnamespace order by 1`)
		want := []string{"email sql s f", "jwt sql s f", "role sql s f", "uid sql s f"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		got := list[string](t, conn, "select extname || ' in ' || extnamespace::regnamespace from pg_extension order by 1")
		want := []string{"pg_stat_statements in extensions", "pgcrypto in extensions", "plpgsql in pg_catalog", `uuid-ossp in extensions`}
		for _, extension := range []string{"pgtap", "plpgsql_check"} {
			if !slices.Contains(findOne(t).Missing, extension) {
				want = append(want, extension+" in extensions")
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, extension := range []string{"pgcrypto", `"uuid-ossp"`, "pg_stat_statements"} {
			mustExec(t, conn, "create extension if not exists "+extension+" with schema extensions")
		}
		mustExec(t, conn, "select extensions.digest('a', 'sha256'), extensions.uuid_generate_v4()")
		if diff := cmp.Diff(forEachAPIRole("USAGE"), privileges(t, conn, "has_schema_privilege", "extensions", "USAGE", "CREATE")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPostgresOwnsTheDatabase(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		if owner := value[string](t, conn, "select datdba::regrole::text from pg_database where datname = current_database()"); owner != "postgres" {
			t.Errorf("the owner is %s", owner)
		}
		mustExec(t, conn, `
			create table public.things (id int);
			create table extensions.things (id int);
			create schema rooms;
			create extension hstore with schema extensions`)
		wantRefused(t, conn, "create extension file_fdw", insufficientPrivilege)
		wantRefused(t, conn, "create role test_super superuser", insufficientPrivilege)
		wantRefused(t, conn, "alter role supabase_admin nologin", insufficientPrivilege)
		wantRefused(t, conn, "set session_replication_role = replica", insufficientPrivilege)
	})
}

func TestDatabaseIsAsBeforeTheFirstMigration(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		conn := connectAs(t, shared, "postgres", database)
		got := list[string](t, conn, "select nspname::text from pg_namespace where nspname !~ '^pg_' order by nspname collate \"C\"")
		if diff := cmp.Diff([]string{"auth", "extensions", "information_schema", "public"}, got); diff != "" {
			t.Errorf("schemas:\n%s", diff)
		}
		if n := value[int](t, conn, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"); n != 0 {
			t.Errorf("%d relations in public, want 0", n)
		}
		got = list[string](t, conn, `
			select pubname || ' ' || pubowner::regrole || ' ' || puballtables || ' ' || (select count(*) from pg_publication_rel) from pg_publication`)
		if diff := cmp.Diff([]string{"supabase_realtime postgres false 0"}, got); diff != "" {
			t.Errorf("publications:\n%s", diff)
		}
		got = list[string](t, conn, "select pg_encoding_to_char(encoding) from pg_database where datname = current_database() union all select current_setting('TimeZone')")
		if diff := cmp.Diff([]string{"UTF8", "UTC"}, got); diff != "" {
			t.Error(diff)
		}
		if got := value[string](t, conn, "select lower('ÆØÅ')"); got != "æøå" {
			t.Errorf("lower('ÆØÅ') = %s", got)
		}
	})
}

func TestAPIRolesCreateTemporaryTables(t *testing.T) {
	t.Parallel()
	inBothModes(t, func(t *testing.T, _ Exposure, database string) {
		for _, role := range apiRoles {
			conn := connectAs(t, shared, "authenticator", database)
			mustExec(t, conn, "set role "+role+"; create temporary table things (id int)")
			wantRefused(t, conn, "create table public.things (id int)", insufficientPrivilege)
		}
	})
}

func TestAuthenticatorTakesOnlyTheAPIRoles(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, AutoExpose)
	mustExec(t, connectAs(t, shared, "postgres", database), "create table public.things (id int)")
	conn := connectAs(t, shared, "authenticator", database)
	wantRefused(t, conn, "select from public.things", insufficientPrivilege) // noinherit
	for _, role := range apiRoles {
		mustExec(t, conn, "set role "+role+"; reset role")
	}
	for _, role := range []string{"postgres", "supabase_admin", "supabase_auth_admin"} {
		wantRefused(t, conn, "set role "+role, insufficientPrivilege)
	}
}

func TestServiceRoleBypassesRowLevelSecurity(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, AutoExpose)
	mustExec(t, connectAs(t, shared, "postgres", database),
		"create table public.things (id int); insert into public.things values (1); alter table public.things enable row level security")
	for role, want := range map[string]int{"anon": 0, "authenticated": 0, "service_role": 1} {
		conn := connectAs(t, shared, "authenticator", database)
		mustExec(t, conn, "set role "+role)
		if n := value[int](t, conn, "select count(*) from public.things"); n != want {
			t.Errorf("%s sees %d rows, want %d", role, n, want)
		}
	}
}

func TestRolesThatPostgresCreates(t *testing.T) {
	t.Parallel()
	database := newDatabase(t, AutoExpose)
	conn := connectAs(t, shared, "postgres", database)
	mustExec(t, conn, "create role test_owner")
	t.Cleanup(func() { mustExecAfter(t, database, "drop role test_owner") })

	wantRefused(t, conn, "set role test_owner", insufficientPrivilege)
	wantRefused(t, conn, "create schema test_rooms authorization test_owner", insufficientPrivilege)
	mustExec(t, conn, "grant test_owner to postgres; set role test_owner; reset role; create schema test_rooms authorization test_owner")

	t.Run("have no USAGE on auth, and postgres cannot grant it", func(t *testing.T) {
		// PostgreSQL only warns of a grant without effect.
		mustExec(t, conn, "grant usage on schema auth to test_owner")
		if value[bool](t, conn, "select has_schema_privilege('test_owner', 'auth', 'USAGE')") {
			t.Error("test_owner has USAGE on auth")
		}
		mustExec(t, conn, `
			grant usage on schema test_rooms to anon;
			grant create on schema test_rooms to postgres;
			create function test_rooms.text_body() returns uuid language sql security definer as 'select auth.uid()';
			alter function test_rooms.text_body() owner to test_owner;
			create function test_rooms.atomic_body() returns uuid language sql security definer begin atomic select auth.uid(); end;
			alter function test_rooms.atomic_body() owner to test_owner`)
		anon := connectAs(t, shared, "authenticator", database)
		mustExec(t, anon, "set role anon")
		wantRefused(t, anon, "select test_rooms.text_body()", insufficientPrivilege)
		mustExec(t, anon, "select test_rooms.atomic_body()")
	})
	mustExec(t, conn, "drop schema test_rooms cascade")
}

// mustExecAfter runs as postgres in a clean-up, when the test's context has ended.
func mustExecAfter(t *testing.T, database, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, shared.URL("postgres", database))
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close(ctx)
	if err := execute(ctx, conn, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}
