package schema_test

import (
	"database/sql"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/testdb"
	"mentorpause/supabase"
	"mentorpause/supabase/migrate"
)

// TestRollbacksRemoveEverything takes the migrations up and down one by one:
// after each rollback the catalogue is what it was before that migration, and
// after all of them what it was before the first, roles, memberships and
// privileges included. Then everything goes up again, to the same catalogue.
func TestRollbacksRemoveEverything(t *testing.T) {
	t.Parallel()
	modes := map[string][]testdb.Option{
		"auto-expose on":  {testdb.Unmigrated(), testdb.OwnCluster()},
		"auto-expose off": {testdb.Unmigrated(), testdb.OwnCluster(), testdb.NoAutoExpose()},
	}
	for mode, options := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			owner := testdb.New(t, options...).SQL(t, "postgres")
			names, err := fs.Glob(supabase.Files, "migrations/*.sql")
			if err != nil || len(names) == 0 {
				t.Fatalf("the migrations: %v, %v", names, err)
			}

			stages := [][]string{catalogue(t, owner)}
			for i := range names {
				if _, err := runner(t, owner, names[:i+1]).Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				stages = append(stages, catalogue(t, owner))
				if slices.Equal(stages[i], stages[i+1]) {
					t.Errorf("%s changes nothing that this test can see", names[i])
				}
			}
			for i := len(names) - 1; i >= 0; i-- {
				if _, err := runner(t, owner, names).Down(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(stages[i], catalogue(t, owner)); diff != "" {
					t.Fatalf("the rollback of %s leaves a difference (-before +after):\n%s", names[i], diff)
				}
			}
			if err := migrate.Up(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(stages[len(names)], catalogue(t, owner)); diff != "" {
				t.Errorf("going up again makes a difference (-first +second):\n%s", diff)
			}
			if err := migrate.DownAll(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(stages[0], catalogue(t, owner)); diff != "" {
				t.Errorf("rolling back everything leaves a difference (-before +after):\n%s", diff)
			}
		})
	}
}

// runner knows only the named migrations, each with its rollback.
func runner(t *testing.T, owner *sql.DB, names []string) *migrate.Runner {
	t.Helper()
	files := fstest.MapFS{}
	for _, up := range names {
		for _, name := range []string{up, strings.Replace(up, "migrations/", "rollbacks/", 1)} {
			data, err := fs.ReadFile(supabase.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: data}
		}
	}
	r, err := migrate.New(owner, files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// catalogue describes, line by line, every object of the database outside of
// PostgreSQL's own schemas and the migrations' ledger, its definition, owner,
// privileges and comment, and the roles of the cluster.
func catalogue(t *testing.T, owner *sql.DB) []string {
	t.Helper()
	rows, err := owner.QueryContext(t.Context(), `
		with namespaces as (
			select n.oid, n.nspname, n.nspowner, n.nspacl from pg_catalog.pg_namespace n
			where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'supabase_migrations')
		), lines (line) as (
			select format('schema %s owner %s acl %s', n.nspname, n.nspowner::regrole, n.nspacl) from namespaces n
			union all
			select format('relation %s.%s kind %s owner %s acl %s rls %s %s options %s persistence %s view %s',
				n.nspname, c.relname, c.relkind, c.relowner::regrole, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
				c.reloptions, c.relpersistence, case when c.relkind = 'v' then pg_get_viewdef(c.oid) end)
			from pg_catalog.pg_class c join namespaces n on n.oid = c.relnamespace
			union all
			select format('column %s.%s.%s type %s notnull %s default %s identity %s collation %s acl %s',
				n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
				pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attcollation::regcollation, a.attacl)
			from pg_catalog.pg_attribute a
			join pg_catalog.pg_class c on c.oid = a.attrelid
			join namespaces n on n.oid = c.relnamespace
			left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
			where a.attnum > 0 and not a.attisdropped
			union all
			select format('index %s', pg_get_indexdef(i.indexrelid))
			from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join namespaces n on n.oid = c.relnamespace
			union all
			select format('constraint %s on %s: %s', o.conname, o.conrelid::regclass, pg_get_constraintdef(o.oid))
			from pg_catalog.pg_constraint o join namespaces n on n.oid = o.connamespace
			union all
			select format('function %s acl %s owner %s: %s', p.oid::regprocedure, p.proacl, p.proowner::regrole,
				case when p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) end)
			from pg_catalog.pg_proc p join namespaces n on n.oid = p.pronamespace
			union all
			select format('trigger on %s enabled %s: %s', g.tgrelid::regclass, g.tgenabled, pg_get_triggerdef(g.oid))
			from pg_catalog.pg_trigger g where not g.tgisinternal
			union all
			select format('policy %s', p::text) from pg_catalog.pg_policies p
			union all
			select format('type %s.%s acl %s', n.nspname, y.typname, y.typacl)
			from pg_catalog.pg_type y join namespaces n on n.oid = y.typnamespace
			union all
			select format('extension %s %s', e.extname, e.extversion) from pg_catalog.pg_extension e
			union all
			select format('publication %s table %s', p.pubname, p.schemaname || '.' || p.tablename) from pg_catalog.pg_publication_tables p
			union all
			select format('event trigger %s', e.evtname) from pg_catalog.pg_event_trigger e
			union all
			select format('default privileges of %s in %s for %s: %s', d.defaclrole::regrole, n.nspname, d.defaclobjtype, d.defaclacl)
			from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
			union all
			select format('comment on %s %s: %s', i.type, i.identity, d.description)
			from pg_catalog.pg_description d
			cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
			where d.classoid <> 'pg_catalog.pg_extension'::regclass and i.schema in (select n.nspname from namespaces n)
				or d.classoid = 'pg_catalog.pg_namespace'::regclass
			union all
			select format('role %s super %s inherit %s createrole %s createdb %s login %s replication %s bypassrls %s settings %s comment %s',
				r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication,
				r.rolbypassrls, r.rolconfig, shobj_description(r.oid, 'pg_authid'))
			from pg_catalog.pg_roles r
			union all
			select format('membership of %s in %s admin %s', m.member::regrole, m.roleid::regrole, m.admin_option)
			from pg_catalog.pg_auth_members m
			union all
			select format('database acl %s', (select array_agg(a::text order by a::text) from unnest(coalesce(d.datacl, acldefault('d', d.datdba))) a))
			from pg_catalog.pg_database d where d.datname = current_database()
			union all
			select format('setting of role %s: %s', s.setrole::regrole, s.setconfig) from pg_catalog.pg_db_role_setting s
			where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
		)
		select line from lines order by line collate "C"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(lines) < 100 {
		t.Fatalf("only %d lines: the catalogue's description misses most of it", len(lines))
	}
	return lines
}
