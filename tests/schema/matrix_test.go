package schema_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// scene is one cell of the matrix: people of its own, in a chapter of its own.
type scene struct {
	chapter, mentor, coordinator, other, administrator string
	spare                                              string // another profile, perhaps of the same person
	office                                             string // who administers the organisation
	membership, certification                          string // the mentor's
	plan                                               string // the mentor's, where there is one
	request                                            string // what the mentor has asked for, where there is something

	version     int    // of the mentor's live pause, where there is one
	discrepancy int64  // about the mentor
	undelivered string // a notification about the mentor
}

// act is what a session does: as whom, and which statement.
type act struct {
	name      string
	login     string                // of the session; authenticator takes the role that the claims name
	user      func(s *scene) string // whose claims; nil: service_role's
	statement func(s *scene) string
	paused    bool // the mentor is paused when it begins
	planned   bool // a pause is planned
	asked     bool // something is asked for: the return where the mentor is paused, else a pause
	due       bool // its day has come
	gone      bool // the mentor has left every chapter
	dropped   bool // the mentor's profile is one without a login, to be joined into another one
	waits     bool // for whoever holds the mentor
}

// needsMore reports whether a profile without a pause and a login is too little for it.
func (a act) needsMore() bool {
	return a.paused && a.name != "erase_person" || slices.Contains([]string{"user deleted", "invited by command", "ask", "withdraw asked", "withdraw plan"}, a.name)
}

func (s *scene) asAdministrator() string { return s.administrator }
func (s *scene) asCoordinator() string   { return s.coordinator }
func (s *scene) asOther() string         { return s.other }
func (s *scene) asMentor() string        { return s.mentor }
func (s *scene) asOffice() string        { return s.office }

// actors are the columns and rows of the matrix, by name.
func actors() map[string]act {
	service := func(name, statement string) act {
		return act{name: name, login: "authenticator", statement: func(s *scene) string { return s.fill(statement) }}
	}
	call := func(name string, user func(*scene) string, paused bool, statement string) act {
		return act{name: name, login: "authenticator", user: user, paused: paused,
			statement: func(s *scene) string { return s.fill(statement) }}
	}
	acts := map[string]act{}
	for _, a := range []act{
		call("pause", (*scene).asCoordinator, false, "select public.pause_mentor('{mentor}', 'Eksamen', null, null, '{request}')"),
		call("amend", (*scene).asCoordinator, true, "select public.amend_pause('{mentor}', '{\"pause_reason\": \"Eksamen\"}', {version}, '{request}')"),
		call("reactivate", (*scene).asCoordinator, true, "select public.reactivate_mentor('{mentor}', null, '{request}')"),
		call("erase_person", (*scene).asAdministrator, true, "select public.erase_person('{mentor}', '{request}')"),
		call("acknowledge", (*scene).asAdministrator, false, "select public.acknowledge_discrepancy({discrepancy}, '{request}')"),
		call("acknowledge undelivered", (*scene).asAdministrator, false, "select public.acknowledge_undelivered('{undelivered}', '{request}')"),
		call("allow address", (*scene).asAdministrator, false, "select public.allow_address('{mentor}', '{request}')"),
		call("renamed by command", (*scene).asAdministrator, false, "select public.update_person('{mentor}', 'Nytt Navn', request_id => '{request}')"),
		call("certified by command", (*scene).asCoordinator, false, "select public.register_certification('{mentor}', 'kurs', '2026-02-01', request_id => '{request}')"),
		call("assigned by command", (*scene).asCoordinator, false, "select public.assign_coordinator('{mentor}', '{coordinator}', '{request}')"),
		call("ended by command", (*scene).asAdministrator, false, "select public.end_membership('{membership}', '2035-01-01', '{request}')"),
		call("handed over", (*scene).asAdministrator, false, "select public.hand_over('{other}', '{coordinator}', null, '{request}')"),
		call("revoked by command", (*scene).asAdministrator, false, "select public.revoke_certification('{certification}', current_date - 9, '{request}')"),
		call("removed by command", (*scene).asAdministrator, false, "select public.remove_certification('{certification}', '{request}')"),
		call("unassigned by command", (*scene).asCoordinator, false, "select public.end_assignment('{mentor}', '{other}', '{request}')"),
		call("joined by command", (*scene).asAdministrator, false, "select public.start_membership('{mentor}', '{chapter}', 'coordinator', '2035-01-01', '{request}')"),
		call("invited by command", (*scene).asAdministrator, false, "select public.finish_invitation('{mentor}', null, '{request}')"),
		call("merged", (*scene).asAdministrator, false, "select public.merge_people('{mentor}', '{spare}', '{request}')"),
		call("merged away", (*scene).asAdministrator, false, "select public.merge_people('{spare}', '{mentor}', '{request}')"),
		call("chapter closes", (*scene).asOffice, false, "select public.close_chapter('{chapter}', current_date - 2, '{request}')"),
		call("another pauses", (*scene).asOther, false, "select public.pause_mentor('{mentor}', 'Reise', null, null, '{request}')"),
		call("another reactivates", (*scene).asOther, true, "select public.reactivate_mentor('{mentor}', null, '{request}')"),
		call("pause many", (*scene).asCoordinator, false, "select public.pause_mentors(array['{mentor}', '{request}']::pg_catalog.uuid[], 'Eksamen', request_id => '{request}')"),
		call("plan many", (*scene).asCoordinator, false, "select public.pause_mentors(array['{mentor}', '{request}']::pg_catalog.uuid[], 'Eksamen', current_date + 9, request_id => '{request}')"),
		call("another pauses many", (*scene).asOther, false, "select public.pause_mentors(array['{request}', '{mentor}']::pg_catalog.uuid[], 'Reise', request_id => '{request}')"),
		call("plan", (*scene).asCoordinator, false, "select public.plan_pause('{mentor}', 'Reise', current_date + 9, null, '{request}')"),
		call("move plan", (*scene).asCoordinator, false, "select public.amend_planned_pause('{plan}', '{\"pause_reason\": \"Reise\"}', null, '{request}')"),
		call("cancel plan", (*scene).asCoordinator, false, "select public.cancel_planned_pause('{plan}', '{request}')"),
		call("ask", (*scene).asMentor, false, "select public.request_leave('pause', request_id => '{request}')"),
		call("accept asked", (*scene).asCoordinator, false, "select public.answer_leave_request('{asked}', 'accept', request_id => '{request}')"),
		call("another declines asked", (*scene).asOther, false, "select public.answer_leave_request('{asked}', 'decline', request_id => '{request}')"),
		call("withdraw asked", (*scene).asMentor, false, "select public.answer_leave_request('{asked}', 'withdraw', request_id => '{request}')"),
		call("accept return asked", (*scene).asCoordinator, true, "select public.answer_leave_request('{asked}', 'accept', request_id => '{request}')"),
		call("withdraw plan", (*scene).asMentor, false, "select public.answer_leave_request('{asked}', 'withdraw', request_id => '{request}')"),
		{name: "user deleted", login: "supabase_auth_admin", paused: true,
			statement: func(s *scene) string { return s.fill("delete from auth.users where id = '{mentor}'") }},
		service("coordinator leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{coordinator}'"),
		service("administrator leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{administrator}'"),
		service("mentor leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{mentor}'"),
		service("mentor returns", "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ('{chapter}', '{mentor}', 'administrator', pg_catalog.now())"),
		service("assigned", "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ('{mentor}', '{coordinator}')"),
		service("certified", "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{mentor}', 'førstehjelp', '2026-01-01', '2030-01-01')"),
		service("assignment ends", "update public.coordinator_assignments set ended_at = pg_catalog.now() where mentor_id = '{mentor}'"),
		service("membership deleted", "delete from public.chapter_memberships where user_id = '{mentor}'"),
		service("certification revoked", "update public.certifications set expires_on = issued_on where mentor_id = '{mentor}'"),
		service("renamed", "update public.profiles set display_name = 'Ny Navnesen' where id = '{mentor}'"),
		service("coordinator renamed", "update public.profiles set display_name = 'Ny Koordinator' where id = '{coordinator}'"),
		{name: "night", login: "postgres", statement: func(s *scene) string {
			return s.fill("select r, j from private.reconcile(array['{mentor}']::uuid[], private.today()) r," +
				" private.judge_mentors(array['{mentor}']::uuid[], private.today() - 1, private.today()) j")
		}},
		{name: "night closes", gone: true, paused: true, login: "postgres", statement: func(s *scene) string {
			return s.fill("select private.judge_mentors(array['{mentor}']::uuid[], private.today() - 1, private.today())")
		}},
		{name: "night begins plan", due: true, login: "postgres", statement: func(s *scene) string {
			return s.fill("select private.judge_mentors(array['{mentor}']::uuid[], private.today() - 1, private.today())")
		}},
	} {
		a.planned = strings.HasSuffix(a.name, " plan")
		a.asked = strings.HasSuffix(a.name, " asked")
		a.dropped = a.name == "merged away"
		a.waits = a.asked || slices.Contains([]string{"ask", "withdraw plan", "plan", "move plan", "cancel plan", "pause", "pause many", "plan many", "amend", "reactivate", "erase_person", "user deleted",
			"revoked by command", "removed by command", "joined by command", "merged", "merged away"}, a.name)
		acts[a.name] = a
	}
	return acts
}

func (s *scene) fill(statement string) string {
	return strings.NewReplacer("{chapter}", s.chapter, "{mentor}", s.mentor, "{coordinator}", s.coordinator, "{administrator}", s.administrator,
		"{other}", s.other, "{spare}", s.spare, "{membership}", s.membership, "{certification}", s.certification, "{plan}", s.plan, "{asked}", s.request,
		"{version}", fmt.Sprint(s.version), "{discrepancy}", fmt.Sprint(s.discrepancy), "{undelivered}", s.undelivered, "{request}", uuid.NewString()).Replace(statement)
}

// matrix says of everything that may happen while something else is under way what
// becomes of it: "" is success, else a refusal's code or a SQLSTATE. The first is
// under way, with the mentor's lock, and commits while the second waits or has ended.
// What is not listed succeeds.
var matrix = map[string]map[string]string{ // first: second: outcome
	"erase_person": {
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "not_found",
		"allow address": "not_found", "membership deleted": "23001", "certification revoked": "23001", "assignment ends": "23001",
		"assigned": "23001", "certified": "23001", "renamed": "23001", "mentor leaves": "23001", "mentor returns": "23001",
		"renamed by command": "not_found", "certified by command": "not_found", "assigned by command": "not_found", "ended by command": "not_found",
		"erase_person": "not_found", "plan": "mentor_not_found", "move plan": "not_found", "cancel plan": "not_found",
		"ask": "unauthenticated", "accept asked": "not_found", "another declines asked": "not_found", "withdraw asked": "not_found",
		"accept return asked": "not_found", "withdraw plan": "not_found",
		"revoked by command": "not_found", "removed by command": "not_found", "unassigned by command": "not_found",
		"joined by command": "not_found", "invited by command": "not_found", "merged": "not_found", "merged away": "not_found",
	},
	"user deleted": {
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "not_found",
		"allow address": "not_found", "membership deleted": "23001", "certification revoked": "23001", "assignment ends": "23001",
		"assigned": "23001", "certified": "23001", "renamed": "23001", "mentor leaves": "23001", "mentor returns": "23001",
		"renamed by command": "not_found", "certified by command": "not_found", "assigned by command": "not_found", "ended by command": "not_found",
		"erase_person": "not_found", "plan": "mentor_not_found", "move plan": "not_found", "cancel plan": "not_found",
		"ask": "unauthenticated", "accept asked": "not_found", "another declines asked": "not_found", "withdraw asked": "not_found",
		"accept return asked": "not_found", "withdraw plan": "not_found",
		"revoked by command": "not_found", "removed by command": "not_found", "unassigned by command": "not_found",
		"joined by command": "not_found", "invited by command": "not_found", "merged": "not_found", "merged away": "not_found",
	},
	"coordinator leaves": {
		"plan": "not_a_coordinator", "move plan": "not_a_coordinator", "cancel plan": "not_a_coordinator",
		"accept asked": "not_a_coordinator", "accept return asked": "not_a_coordinator",
		"pause": "not_a_coordinator", "amend": "not_a_coordinator", "reactivate": "not_a_coordinator",
		"certified by command": "not_a_coordinator", "assigned by command": "not_a_coordinator", "handed over": "invalid_request",
	},
	"administrator leaves": {
		"erase_person": "not_an_administrator", "renamed by command": "not_an_administrator", "ended by command": "not_an_administrator",
		"handed over": "not_an_administrator", "acknowledge": "not_an_administrator", "acknowledge undelivered": "not_an_administrator",
		"allow address": "not_an_administrator", "revoked by command": "not_an_administrator", "removed by command": "not_an_administrator",
		"joined by command": "not_an_administrator", "merged": "not_an_administrator", "merged away": "not_an_administrator",
	},
	"mentor leaves": {
		"ask": "not_a_mentor", "accept asked": "not_found", "another declines asked": "not_found", "accept return asked": "not_found",
		"withdraw asked": "already_answered",
		"plan":           "mentor_not_found", "move plan": "not_found", "cancel plan": "not_found",
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "not_found",
		"certified by command": "mentor_not_found", "assigned by command": "mentor_not_found", "ended by command": "not_found",
		"unassigned by command": "mentor_not_found",
	},
	"assigned": {"assigned": "23505", "assigned by command": "already_exists"},
	"night":    {},
	"night begins plan": {
		"pause": "already_paused", "plan": "already_paused", "move plan": "already_paused", "cancel plan": "already_paused", "ask": "already_paused",
		"accept asked": "already_answered", "another declines asked": "already_answered", "withdraw asked": "already_answered",
		"withdraw plan": "already_answered", "merged away": "in_use",
	},
	"night closes": {
		"ask": "not_a_mentor", "accept asked": "not_found", "another declines asked": "not_found", "accept return asked": "not_found",
		"withdraw asked": "already_answered", "withdraw plan": "already_answered",
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "plan": "mentor_not_found",
		"move plan": "not_found", "cancel plan": "not_found", "certified by command": "mentor_not_found", "assigned by command": "mentor_not_found", "ended by command": "not_found",
		"unassigned by command": "mentor_not_found",
	},
	"plan":          {"plan": "already_exists"},
	"move plan":     {"plan": "already_exists"},
	"cancel plan":   {"move plan": "not_found", "cancel plan": "not_found", "withdraw plan": "already_answered"},
	"withdraw plan": {"move plan": "not_found", "cancel plan": "not_found", "withdraw plan": "already_answered"},
	"another pauses": {
		"pause": "already_paused", "plan": "already_paused", "ask": "already_paused", "merged away": "in_use",
		"accept asked": "already_answered", "another declines asked": "already_answered", "withdraw asked": "already_answered",
	},
	"another reactivates": {"amend": "version_conflict", "reactivate": "not_paused", "accept return asked": "already_answered"},
	"ask":                 {"ask": "already_exists"},
	"accept asked": {
		"pause": "already_paused", "plan": "already_paused", "ask": "already_paused", "merged away": "in_use",
		"accept asked": "already_answered", "another declines asked": "already_answered", "withdraw asked": "already_answered",
	},
	"another declines asked": {"accept asked": "already_answered", "another declines asked": "already_answered", "withdraw asked": "already_answered"},
	"withdraw asked":         {"accept asked": "already_answered", "another declines asked": "already_answered", "withdraw asked": "already_answered"},
	"accept return asked":    {"amend": "version_conflict", "reactivate": "not_paused", "accept return asked": "already_answered"},
	"renamed":                {},
	"coordinator renamed":    {},
	"certified":              {},
	"assignment ends":        {"unassigned by command": "not_found"},
	"membership deleted": {
		"ask": "not_a_mentor", "accept asked": "not_found", "another declines asked": "not_found", "accept return asked": "not_found",
		"withdraw asked": "already_answered",
		"plan":           "mentor_not_found", "move plan": "not_found", "cancel plan": "not_found",
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "not_found",
		"renamed by command": "not_found", "certified by command": "mentor_not_found", "assigned by command": "mentor_not_found",
		"ended by command": "not_found", "erase_person": "not_found", "acknowledge undelivered": "not_found", "allow address": "not_found",
		"revoked by command": "not_found", "removed by command": "not_found", "unassigned by command": "mentor_not_found",
		"joined by command": "not_found", "invited by command": "not_found", "merged": "not_found", "merged away": "not_found",
	},
	"certification revoked": {
		"reactivate": "certification_expired", "accept return asked": "certification_expired", "revoked by command": "invalid_request",
	},
	"acknowledge":             {},
	"acknowledge undelivered": {},
	"allow address":           {},
	"renamed by command":      {},
	"certified by command":    {"certified by command": "already_exists"},
	"assigned by command":     {"assigned": "23505", "assigned by command": "already_exists"},
	"ended by command":        {},
	"handed over":             {"assigned": "23505", "assigned by command": "already_exists", "unassigned by command": "not_found"},
	"revoked by command": {
		"amend": "version_conflict", "reactivate": "certification_expired", "accept return asked": "certification_expired",
	},
	"removed by command":    {"revoked by command": "not_found", "removed by command": "not_found"},
	"unassigned by command": {"unassigned by command": "not_found"},
	"joined by command":     {"joined by command": "already_exists"},
	"invited by command":    {},
	// The spare profile administers the chapter, and so does the kept one from then on.
	"merged": {"merged": "not_found", "merged away": "not_found", "mentor returns": "23505"},
	"merged away": {
		"pause": "not_found", "pause many": "mentor_not_found", "plan": "not_found", "plan many": "mentor_not_found",
		"move plan": "not_found", "cancel plan": "not_found", "accept asked": "not_found", "another declines asked": "not_found",
		"allow address": "not_found", "renamed by command": "not_found", "certified by command": "not_found",
		"assigned by command": "not_found", "ended by command": "not_found", "revoked by command": "not_found",
		"removed by command": "not_found", "unassigned by command": "not_found", "joined by command": "not_found",
		"merged": "not_found", "merged away": "not_found", "erase_person": "not_found",
		"mentor returns": "23001", "assigned": "23001", "certified": "23001", "renamed": "23001",
	},
	"chapter closes": {
		"pause": "not_a_coordinator", "amend": "not_a_coordinator", "reactivate": "not_a_coordinator", "plan": "not_a_coordinator",
		"move plan": "not_a_coordinator", "cancel plan": "not_a_coordinator", "ask": "not_a_mentor", "accept asked": "not_a_coordinator",
		"another declines asked": "not_a_coordinator", "withdraw asked": "already_answered", "accept return asked": "not_a_coordinator",
		"certified by command": "not_a_coordinator", "assigned by command": "not_a_coordinator", "unassigned by command": "not_a_coordinator",
		"erase_person": "not_an_administrator", "allow address": "not_an_administrator", "renamed by command": "not_an_administrator",
		"ended by command": "not_an_administrator", "handed over": "not_an_administrator", "revoked by command": "not_an_administrator",
		"removed by command": "not_an_administrator", "joined by command": "invalid_request", "invited by command": "not_an_administrator",
		"merged": "not_an_administrator", "merged away": "not_an_administrator",
	},
}

// What becomes of one becomes of each of many.
func init() {
	matrix["another pauses many"] = maps.Clone(matrix["another pauses"])
	matrix["plan many"] = maps.Clone(matrix["plan"])
	for _, outcomes := range matrix {
		for _, one := range []string{"pause", "plan"} {
			if code := outcomes[one]; code != "" && outcomes[one+" many"] == "" {
				outcomes[one+" many"] = code
			}
		}
	}
}

// TestTheMatrixHasEveryCommand keeps the matrix whole: what somebody who is signed in may
// carry out is played in it, or stands here with the test that plays it.
func TestTheMatrixHasEveryCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := map[string]string{
		"register_person":         "TestTwoAdministratorsAtOnce",
		"import_people":           "TestImportBesideTheNightlyRunAndCommands in functions/import",
		"begin_invitation":        "TestWhoIsErasedMeanwhileIsNotInvited in functions/invite",
		"save_chapter":            "TestTwoAdministratorsAtOnce",
		"save_certification_kind": "TestTwoAdministratorsAtOnce",
		"appoint_administrator":   "TestTwoAdministratorsAtOnce",
		"dismiss_administrator":   "TestTheLastAdministratorStays",
		"set_weekly_digest":       "about the caller alone",
		"mark_read":               "about the caller alone",
		"issue_period_report":     "changes nobody",
		"issued_period_report":    "reads only",
		"compare_period_report":   "reads only",
		"period_report":           "reads only",
		"report_evidence":         "reads only",
		"mentor_status_on":        "reads only",
	}
	rows, err := w.owner.Query(t.Context(), `
		select p.proname::text from pg_catalog.pg_proc p
		where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v' and p.prorettype <> 'trigger'::regtype
			and has_function_privilege('authenticated', p.oid, 'execute')
			and not exists (select from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
		order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	commands, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var played strings.Builder
	for _, a := range actors() {
		played.WriteString(a.statement(&scene{}) + "\n")
	}
	for _, command := range commands {
		isPlayed := strings.Contains(played.String(), "public."+command+"(")
		if because := elsewhere[command]; isPlayed == (because != "") {
			t.Errorf("%s: played in the matrix: %v; elsewhere: %q", command, isPlayed, because)
		}
	}
	for command := range elsewhere {
		if !slices.Contains(commands, command) {
			t.Errorf("%s is no command", command)
		}
	}
}

// TestTwoAtOnce goes through the matrix: whatever the first does is under way, and what
// the second is refused or allowed is judged by what the first has left, never by what
// was there before; and afterwards log, roster and privacy hold.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	seconds := []string{"pause", "amend", "reactivate", "erase_person", "user deleted", "acknowledge", "acknowledge undelivered", "allow address",
		"coordinator leaves", "mentor leaves", "mentor returns", "membership deleted", "assigned", "assignment ends", "certified",
		"certification revoked", "renamed", "coordinator renamed", "night", "renamed by command", "certified by command",
		"assigned by command", "ended by command", "handed over", "plan", "move plan", "cancel plan",
		"ask", "accept asked", "another declines asked", "withdraw asked", "accept return asked", "withdraw plan",
		"pause many", "plan many", "revoked by command", "removed by command", "unassigned by command", "joined by command",
		"invited by command", "merged", "merged away", "chapter closes"}
	acts := actors()
	for first, outcomes := range matrix {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			for second := range outcomes {
				if !slices.Contains(seconds, second) {
					t.Fatalf("%s is no row", second)
				}
			}
			m := newCell(t)
			for _, second := range seconds {
				if acts[first].paused != acts[second].paused && strings.HasPrefix(first, "another") {
					continue // needs another beginning
				}
				if strings.TrimSuffix(first, " many") == "plan" && (acts[second].planned || acts[second].paused) || acts[first].due && acts[second].paused {
					continue // so does this
				}
				if acts[first].asked && (acts[first].paused != acts[second].paused || acts[second].planned) || first == "ask" && (acts[second].asked || acts[second].paused) ||
					first == "withdraw plan" && acts[second].asked ||
					acts[second].asked && !acts[second].paused && acts[first].paused && !acts[first].gone || acts[second].name == "withdraw plan" && acts[first].asked {
					continue // and this
				}
				if acts[first].dropped && acts[second].needsMore() || acts[second].dropped && acts[first].needsMore() {
					continue // and this
				}
				for _, commits := range []bool{true, false} {
					if !commits && outcomes[second] == "" && !acts[second].waits {
						continue // whatever becomes of the first is the same to it
					}
					want := ""
					one := strings.TrimSuffix(second, " many")
					switch {
					case commits:
						want = outcomes[second]
					case acts[first].gone && second == "withdraw plan", acts[first].due && acts[second].dropped:
						// there still is one to take back, or to hand over
					case acts[first].due || acts[first].gone:
						want = outcomes[second] // it begins the plan itself
					case acts[first].paused && (one == "pause" || one == "plan" || second == "ask"):
						want = "already_paused"
					case acts[first].planned && one == "plan", acts[first].asked && second == "ask":
						want = "already_exists"
					}
					m.play(t, acts[first], acts[second], commits, want)
				}
			}
		})
	}
}

// TestWhoeverWaitsIsJudgedWhenTheWaitIsOver ends what gives the caller the right while the
// call waits: at a moment after the one at which it was made, which is therefore not the
// moment by which it may be judged.
func TestWhoeverWaitsIsJudgedWhenTheWaitIsOver(t *testing.T) {
	t.Parallel()
	m := newCell(t)
	superuser := m.db.Connect(t, "supabase_admin") // holds what is waited for, and fires no trigger that would wait
	if _, err := superuser.Exec(t.Context(), "set session_replication_role to replica"); err != nil {
		t.Fatal(err)
	}
	for name, second := range actors() {
		if second.user == nil || strings.HasPrefix(name, "withdraw") {
			continue // has every right, or takes back what is theirs
		}
		s := m.prepare(t, act{}, second)
		caller := second.user(s)
		want := "not_an_administrator"
		switch caller {
		case s.mentor:
			want = "not_a_mentor"
		case s.coordinator, s.other:
			want = "not_a_coordinator"
		}
		holder, err := superuser.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		change := func(sql string, args ...any) {
			t.Helper()
			if _, err := holder.Exec(t.Context(), sql, args...); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		change("select pg_advisory_xact_lock(private.mentor_lock($1))", s.mentor)
		change("select from private.person_locks where person_id = $1 for update", s.mentor)
		change("select from public.status_discrepancies where mentor_id = $1 for update", s.mentor)
		change("select from public.notifications where mentor_id = $1 for update", s.mentor)

		waiting := m.begin(t, 1, second, s)
		ended := make(chan string, 1)
		go func() {
			refused, err := m.refusal(t.Context(), waiting, second.statement(s), s)
			_ = waiting.Rollback(context.WithoutCancel(t.Context()))
			ended <- codeOf(err) + refused
		}()
		if code, waits := m.awaitEndOrWait(t, waiting.Conn(), ended); !waits {
			t.Errorf("%s: it waits for nobody (%q)", name, code)
			ended <- want
		}
		change("update public.chapter_memberships set ended_at = clock_timestamp() where user_id = $1 and ended_at is null", caller)
		change("update public.organisation_administrators set ended_at = clock_timestamp() where user_id = $1 and ended_at is null", caller)
		if err := holder.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-ended:
			if got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it never ends", name)
		}
		if caller == m.office {
			m.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", m.office)
		}
	}
}

// cell has what the cells of a column share: a database and two sessions for each login.
type cell struct {
	*world
	sessions [2]map[string]*pgx.Conn
	office   string
}

func newCell(t *testing.T) *cell {
	t.Helper()
	m := &cell{world: newWorld(t)}
	for i := range m.sessions {
		m.sessions[i] = map[string]*pgx.Conn{}
		for _, login := range []string{"authenticator", "supabase_auth_admin", "postgres"} {
			m.sessions[i][login] = m.db.Connect(t, login)
		}
	}
	m.office = m.person(t, "Oda Organisasjon")
	m.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", m.office)
	return m
}

func (m *cell) scene(t *testing.T, paused, dropped bool) *scene {
	t.Helper()
	s := &scene{chapter: uuid.NewString(), mentor: uuid.NewString(), coordinator: uuid.NewString(), other: uuid.NewString(), administrator: uuid.NewString(),
		spare: uuid.NewString(), office: m.office, membership: uuid.NewString(), certification: uuid.NewString()}
	err := m.owner.QueryRow(t.Context(), `
		with chapter as (
			insert into public.chapters (id, name) values ($1, 'Tromsø')
		), people as (
			insert into public.profiles (id, display_name) select u, 'Person ' || u from unnest(array[$2, $3, $4, $5, $7]::uuid[]) u
		), memberships as (
			insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at)
			select case m.role when 'mentor' then $6 else gen_random_uuid() end, $1, m.person, m.role, now() - interval '9 days'
			from (values ($2::uuid, 'mentor'), ($3, 'coordinator'), ($4, 'coordinator'), ($5, 'administrator'), ($7, 'administrator')) m (person, role)
		), certification as (
			insert into public.certifications (id, mentor_id, kind, issued_on, expires_on) values ($8, $2, 'kurs', private.today() - 100, private.today() + 1000)
		), assignment as (
			insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($2, $4)
		), login as (
			insert into auth.users (id, email, invited_at) select $2, $2 || '@example.org', now() where not $9
		), discrepancy as (
			insert into public.status_discrepancies (mentor_id, kind) values ($2, 'log_missing') returning id
		), notification as (
			insert into public.notifications (mentor_id, audience, kind, state)
			values ($2, 'administrator', 'discrepancy_found', 'undeliverable') returning id
		)
		select discrepancy.id, notification.id::text from discrepancy, notification`,
		s.chapter, s.mentor, s.coordinator, s.other, s.administrator, s.membership, s.spare, s.certification, dropped).Scan(&s.discrepancy, &s.undelivered)
	if err != nil {
		t.Fatal(err)
	}
	if paused {
		record, code := m.pause(t.Context(), s.other, s.mentor, "Ferie", nil)
		if code != "" {
			t.Fatal(code)
		}
		s.version = int(record.Version)
	}
	return s
}

// begin opens a transaction of an act's role in one of its two sessions.
func (m *cell) begin(t *testing.T, session int, a act, s *scene) pgx.Tx {
	t.Helper()
	tx, err := m.sessions[session][a.login].Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.login == "authenticator" {
		role, as := "service_role", []byte(`{"role":"service_role"}`)
		if a.user != nil {
			role, as = "authenticated", claims(a.user(s))
		}
		if _, err := tx.Exec(t.Context(), "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('request.jwt.claims', $2, true)", role, string(as)); err != nil {
			t.Fatal(err)
		}
	}
	return tx
}

// prepare makes what two acts begin with.
func (m *cell) prepare(t *testing.T, first, second act) *scene {
	t.Helper()
	dropped := first.dropped || second.dropped
	s := m.scene(t, (first.paused || second.paused) && !dropped, dropped)
	if first.planned || first.due || second.planned {
		s.plan = uuid.NewString()
		m.exec(t, "insert into public.planned_pauses (id, mentor_id, starts_on) values ($1, $2, private.today() + 30)", s.plan, s.mentor)
	}
	if first.gone {
		m.exec(t, "update public.chapter_memberships set ended_at = private.day_start(private.today()) where id = $1", s.membership)
	}
	if first.due {
		m.exec(t, "alter table public.planned_pauses disable trigger planned_pauses_guard")
		m.exec(t, "update public.planned_pauses set starts_on = private.today(), created_at = now() - interval '5 days' where id = $1", s.plan)
		m.exec(t, "alter table public.planned_pauses enable trigger planned_pauses_guard")
	}
	switch {
	case first.asked || second.asked:
		s.request = uuid.NewString()
		m.exec(t, "insert into public.leave_requests (id, mentor_id, kind) values ($1, $2, case when $3 then 'return' else 'pause' end)",
			s.request, s.mentor, first.paused || second.paused)
	case slices.Contains([]string{first.name, second.name}, "withdraw plan"):
		s.request = uuid.NewString()
		m.exec(t, `insert into public.leave_requests (id, mentor_id, kind, state, starts_on, answered_by, answered_at, planned_pause_id)
			select $1, q.mentor_id, 'pause', 'accepted', q.starts_on, $2, now(), q.id from public.planned_pauses q where q.id = $3`,
			s.request, s.coordinator, s.plan)
	}
	return s
}

func (m *cell) play(t *testing.T, first, second act, commits bool, want string) {
	t.Helper()
	name := fmt.Sprintf("%s while %s is under way (commits: %v)", second.name, first.name, commits)
	s := m.prepare(t, first, second)
	opening := m.begin(t, 0, first, s)
	defer opening.Rollback(context.WithoutCancel(t.Context())) // without effect when it has ended
	// The second waits for something else of the first's, so that all that it has read
	// before the wait is outdated.
	if _, err := opening.Exec(t.Context(), "select pg_catalog.pg_advisory_xact_lock(pg_catalog.uuid_hash_extended('"+s.mentor+"', 20261123))"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := opening.Exec(t.Context(), first.statement(s)); err != nil {
		t.Fatalf("%s: the first: %v", name, err)
	}

	closing := m.begin(t, 1, second, s)
	ended := make(chan string, 1)
	go func() {
		refused, err := m.refusal(t.Context(), closing, second.statement(s), s)
		if err == nil {
			err = closing.Commit(t.Context())
		} else {
			_ = closing.Rollback(context.WithoutCancel(t.Context()))
		}
		ended <- codeOf(err) + refused
	}()
	got, waited := m.awaitEndOrWait(t, closing.Conn(), ended)
	if second.waits && !waited {
		t.Errorf("%s: it does not wait for whoever holds the mentor", name)
	}
	if second.name == "night" && waited {
		t.Errorf("%s: the nightly run waits", name)
	}
	var err error
	if commits {
		err = opening.Commit(t.Context())
	} else {
		err = opening.Rollback(t.Context())
	}
	if err != nil {
		t.Errorf("%s: the first ends: %v", name, err)
	}
	if waited {
		select {
		case got = <-ended:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: the second never ends", name)
		}
	} else {
		want = "" // it was first
	}
	if got != want {
		t.Errorf("%s: %q, want %q (waited: %v)", name, got, want, waited)
	}
	m.wantSound(t, name, s)
}

// refusal executes the statement, and returns what a batch refused the scene's mentor with.
func (m *cell) refusal(ctx context.Context, tx pgx.Tx, statement string, s *scene) (code string, err error) {
	if !strings.Contains(statement, "pause_mentors") {
		_, err = tx.Exec(ctx, statement)
		return "", err
	}
	var answer struct {
		Results []struct {
			MentorID string `json:"mentor_id"`
			Code     string
		}
	}
	if err := tx.QueryRow(ctx, statement).Scan(&answer); err != nil {
		return "", err
	}
	for _, r := range answer.Results {
		if r.MentorID == s.mentor {
			return r.Code, nil
		}
	}
	return "none of its results is about the mentor", nil
}

// awaitEndOrWait returns when the session has ended its statement, or waits for another.
func (m *cell) awaitEndOrWait(t *testing.T, conn *pgx.Conn, ended chan string) (code string, waits bool) {
	t.Helper()
	pid := int32(conn.PgConn().PID())
	for {
		select {
		case code := <-ended:
			return code, false
		case <-time.After(2 * time.Millisecond):
		}
		// An erasure waits by trying again.
		err := m.owner.QueryRow(t.Context(), `select cardinality(pg_blocking_pids($1)) > 0
			or exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')`, pid).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			return "", true
		}
	}
}

// wantSound checks what holds of a mentor whoever came first.
func (m *cell) wantSound(t *testing.T, name string, s *scene) {
	t.Helper()
	rows, err := m.owner.Query(t.Context(), `
		with erased as (select person_id from public.erasures where person_id = $1)
		select what from (
			select 'a live pause or a reason of an erased person' from public.pause_records r join erased e on e.person_id = r.mentor_id
			where r.status <> 'active' or r.pause_reason is not null
			union all
			select 'a stored answer about an erased person' from private.idempotent_requests i join erased e on e.person_id = i.mentor_id
			where i.response <> private.ids_only(i.response)
			union all
			select 'an open membership of an erased person' from public.chapter_memberships m join erased e on e.person_id = m.user_id
			where m.ended_at is null
			union all
			select 'an open assignment of an erased person' from public.coordinator_assignments a join erased e on e.person_id = a.mentor_id
			where a.ended_at is null
			union all
			select 'a login of a person erased by an administrator' from auth.users u join public.erasures e on e.person_id = u.id
			where u.id = $1 and e.actor_id is not null
			union all
			select 'an open request or a text of an erased person' from public.leave_requests l join erased e on e.person_id = l.mentor_id
			where l.state = 'open' or num_nonnulls(l.reason, l.message) > 0
			union all
			select 'an open request for a pause during one' from public.leave_requests l
			join public.pause_records r on r.mentor_id = l.mentor_id and r.status <> 'active' and r.paused_at is not null
			where l.mentor_id = $1 and l.state = 'open' and l.kind = 'pause'
			union all
			select 'an open request for the return of somebody who is here' from public.leave_requests l
			where l.mentor_id = $1 and l.state = 'open' and l.kind = 'return' and not exists (
				select from public.pause_records r where r.mentor_id = l.mentor_id and r.status <> 'active' and r.paused_at is not null)
			union all
			select 'a plan of an erased person' from public.planned_pauses q join erased e on e.person_id = q.mentor_id
			union all
			select 'two live pauses' from public.pause_records where mentor_id = $1 and status <> 'active' having count(*) > 1
			union all
			select 'log: ' || d.kind from private.find_log_discrepancies(array[$1::uuid]) d
			union all
			select 'roster: ' || d.kind from private.find_roster_differences(array[$1::uuid]) d
		) wrong (what)`, s.mentor)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("%s: %v", name, wrong)
	}
}

// codeOf is a refusal's code, else a SQLSTATE; "" is success.
func codeOf(err error) string {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case pgErr.Code != "PGRST":
		return pgErr.Code
	}
	var refused struct{ Code string }
	if json.Unmarshal([]byte(pgErr.Message), &refused) != nil {
		return pgErr.Message
	}
	return refused.Code
}
