package schema_test

import (
	"testing"

	"mentorpause/local/testdb"
)

// TestFollowUpReadsWhatWaits gives everybody a past of delivered notifications, and other
// chapters thousands that reached nobody: an administrator's page looks at as many rows as
// before, and never at a whole table.
func TestFollowUpReadsWhatWaits(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	exec(`insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag' from generate_series(0, 20) n`)
	exec(`insert into public.profiles (id, display_name) select md5('mentor ' || n)::uuid, 'Mentor' from generate_series(1, 2000) n`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
		select md5('chapter ' || n % 20)::uuid, md5('mentor ' || n)::uuid, 'mentor' from generate_series(1, 2000) n`)
	exec(`insert into public.profiles (id, display_name) values (md5('administrator')::uuid, 'Kari')`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter 0')::uuid, md5('administrator')::uuid, 'administrator')`)
	// What reached nobody, with its attempt.
	add := func(condition string) {
		t.Helper()
		exec(`with made as (
				insert into public.notifications (mentor_id, audience, kind, state)
				select md5('mentor ' || n)::uuid, 'coordinator', 'mentor_paused', 'undeliverable' from generate_series(1, 2000) n where ` + condition + `
				returning id, mentor_id, kind)
			insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
			select m.id, m.mentor_id, m.kind, 'inbox', 'no_recipient', 'the mentor is active in no chapter' from made m`)
		exec(`insert into public.status_discrepancies (mentor_id, kind)
			select md5('mentor ' || n)::uuid, 'log_missing' from generate_series(1, 2000) n where ` + condition)
	}
	add("n % 20 = 0 and n <= 400")
	exec(`insert into public.notifications (mentor_id, audience, kind, created_at, due_at)
		select md5('mentor ' || n)::uuid, 'coordinator', 'mentor_paused', now() - interval '1 day', now() - interval '1 day' from generate_series(1, 40) n`)
	// Whose e-mail fails, for good or by now not any more.
	exec(`insert into public.notification_attempts (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
		select gen_random_uuid(), md5('mentor ' || n)::uuid, 'mentor_paused', md5('mentor ' || n)::uuid, 'mentor', 'email', 'failed', '554 no', 'x' from generate_series(1, 60) n`)
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")

	admin := explaining(t, db)
	caller := string(claims(text(t, owner, "select md5('administrator')::uuid::text")))
	const call = "select private.follow_up_page(null, 10, null)"
	looked := func() (rows float64) {
		t.Helper()
		statements := admin.explain(t, caller, call)
		if len(statements) < 10 {
			t.Fatalf("only %d statements were explained", len(statements))
		}
		for _, statement := range statements {
			statement.Plan.walk(func(node plan) {
				if node.Relation != "" { // How they are sorted or joined is the version's.
					rows += (node.Rows + node.Removed) * node.Loops
				}
				// Of one row, and of what is on the list itself.
				if node.Type == "Seq Scan" && node.Relation != "settings" && node.Relation != "refused_addresses" {
					t.Errorf("a sequential scan of %s in\n%.300s", node.Relation, statement.Query)
				}
			})
		}
		return rows
	}
	before := looked()
	add("n % 20 > 0")
	exec(`insert into public.notifications (mentor_id, audience, kind, state)
		select md5('mentor ' || n)::uuid, 'coordinator', 'mentor_paused', 'delivered' from generate_series(1, 2000) n cross join generate_series(1, 5)`)
	exec(`insert into public.notification_attempts (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
		select gen_random_uuid(), md5('mentor ' || n)::uuid, 'mentor_paused', md5('mentor ' || n)::uuid, 'mentor', c.channel, 'delivered', 'x', 'x'
		from generate_series(100, 2000) n cross join generate_series(1, 5) cross join unnest(array['inbox', 'email']) c (channel)`)
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")
	if after := looked(); before == 0 || after > before {
		t.Errorf("%v rows looked at with what others have and what was delivered, %v without", after, before)
	}
}
