// Package postgres runs a private PostgreSQL that behaves like Supabase, for
// `make dev` and for the tests, without Docker.
//
// [Ensure] finds PostgreSQL 15 to 17 on this machine or installs it;
// [Installation.Start] starts a cluster of its own on 127.0.0.1 with the roles
// of Supabase; [Cluster.CreateDatabase] makes databases that have its schemas,
// extensions and default privileges. The SQL of that stand-in is in the folder
// supabase. It touches no other cluster of the machine.
//
// A cluster never outlives the process that started it: [Cluster.Stop] stops
// it, and when the process is killed, a small watchdog process stops it and
// removes what is temporary.
//
// PostgreSQL refuses to run as root. Started by root, everything here runs as
// the user postgres, which may reach the cluster's folder even where only root
// may go (see account.go).
package postgres

// Password is the one of every role that may log in, as in `supabase start`.
// The server listens on 127.0.0.1 only.
const Password = "postgres"

// Superuser owns the cluster, as on Supabase. The role postgres is none.
const Superuser = "supabase_admin"
