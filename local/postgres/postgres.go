// Package postgres runs a private PostgreSQL that behaves like Supabase, for
// `make dev` and for the tests, without Docker.
//
// [Ensure] finds PostgreSQL 15 to 17 on this machine or installs it;
// [Installation.Start] starts a cluster of its own on 127.0.0.1 with Supabase's
// roles; [Cluster.CreateDatabase] creates databases with its schemas, extensions
// and default privileges. The SQL for that is in the folder supabase. No other
// cluster of the machine is touched.
//
// A cluster never outlives the process that started it: [Cluster.Stop] stops
// it, and if the process is killed, a small watchdog process stops it and removes
// temporary files.
//
// PostgreSQL refuses to run as root. If root starts it, everything here runs as the
// user postgres, which can reach the cluster's folder even where only root may go
// (see account.go).
package postgres

// Password belongs to every role that may log in, as in `supabase start`.
// The server listens on 127.0.0.1 only.
const Password = "postgres"

// Superuser owns the cluster, as on Supabase. The role postgres is not a superuser.
const Superuser = "supabase_admin"
