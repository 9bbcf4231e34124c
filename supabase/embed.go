// Package supabase holds the SQL files of the database: the folders migrations and rollbacks and
// the file seed.sql, as the Supabase CLI finds them.
package supabase

import "embed"

// Files has the paths migrations/<name>.sql, rollbacks/<name>.sql and seed.sql.
//
//go:embed migrations/*.sql rollbacks/*.sql seed.sql
var Files embed.FS
