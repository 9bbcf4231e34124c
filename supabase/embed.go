// Package supabase holds what the Supabase CLI finds in this folder: the SQL files of the
// database, and the e-mails of Supabase Auth.
package supabase

import "embed"

// Files has the paths migrations/<name>.sql, rollbacks/<name>.sql and seed.sql.
//
//go:embed migrations/*.sql rollbacks/*.sql seed.sql
var Files embed.FS

// Emails has the paths templates/<name>.html and config.toml, which has their subjects.
//
//go:embed templates/*.html config.toml
var Emails embed.FS
