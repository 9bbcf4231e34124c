package database

import (
	"context"
	"fmt"
	"strings"
)

// PeopleArgument is one argument of a command.
type PeopleArgument struct {
	Name     string
	Type     string // of Postgres: text, uuid, date, integer, boolean or jsonb
	Required bool   // the others may be missing, which is null
}

// PeopleCommands are the commands with which people are kept, each the RPC of that name,
// with its arguments in order. All have request_id, which is not listed.
var PeopleCommands = map[string][]PeopleArgument{
	"register_person": {
		{"display_name", "text", true}, {"chapter_id", "uuid", true}, {"role", "text", false}, {"locale", "text", false},
		{"email", "text", false}, {"phone", "text", false}, {"started_on", "date", false}, {"certifications", "jsonb", false},
		{"coordinator_id", "uuid", false}, {"source", "text", false}, {"external_id", "text", false},
	},
	"update_person": {
		{"person_id", "uuid", true}, {"display_name", "text", false}, {"locale", "text", false}, {"email", "text", false}, {"phone", "text", false},
	},
	"start_membership": {
		{"person_id", "uuid", true}, {"chapter_id", "uuid", true}, {"role", "text", true}, {"started_on", "date", false},
	},
	"end_membership":         {{"membership_id", "uuid", true}, {"last_day", "date", false}},
	"hand_over":              {{"from_id", "uuid", true}, {"to_id", "uuid", true}, {"chapter_id", "uuid", false}},
	"assign_coordinator":     {{"mentor_id", "uuid", true}, {"coordinator_id", "uuid", true}},
	"end_assignment":         {{"mentor_id", "uuid", true}, {"coordinator_id", "uuid", true}},
	"register_certification": {{"mentor_id", "uuid", true}, {"kind", "text", true}, {"issued_on", "date", true}, {"expires_on", "text", false}},
	"revoke_certification":   {{"certification_id", "uuid", true}, {"last_valid_on", "date", true}},
	"remove_certification":   {{"certification_id", "uuid", true}},
	"merge_people":           {{"kept_id", "uuid", true}, {"dropped_id", "uuid", true}},
	"erase_person":           {{"person_id", "uuid", true}},
	"save_chapter":           {{"chapter_id", "uuid", false}, {"name", "text", false}, {"requests_take_effect", "boolean", false}},
	"close_chapter":          {{"chapter_id", "uuid", true}, {"last_day", "date", true}},
	"save_certification_kind": {
		{"code", "text", true}, {"name_nb", "text", false}, {"name_nn", "text", false}, {"name_en", "text", false},
		{"months_valid", "integer", false}, {"is_required", "boolean", false}, {"replaced_by", "text", false}, {"due_after_months_away", "integer", false},
	},
	"appoint_administrator": {{"person_id", "uuid", true}},
	"dismiss_administrator": {{"person_id", "uuid", true}},
}

var peopleQueries = func() map[string]string {
	queries := map[string]string{}
	for command, arguments := range PeopleCommands {
		var query strings.Builder
		for n, argument := range arguments {
			fmt.Fprintf(&query, "%s => $%d::%s, ", argument.Name, n+1, argument.Type)
		}
		queries[command] = fmt.Sprintf("select public.%s(%srequest_id => $%d::uuid)::text, current_setting('response.headers', true)",
			command, query.String(), len(arguments)+1)
	}
	return queries
}()

// KeepPeople carries out a command of [PeopleCommands], with its arguments as text; a
// missing one is null. The RPC says who may, and refuses with the codes of docs/database.md.
func (db *DB) KeepPeople(ctx context.Context, claims []byte, command string, arguments map[string]string, requestID string) (Reply, error) {
	query, known := peopleQueries[command]
	if !known {
		return Reply{}, fmt.Errorf("there is no command %q", command)
	}
	var args [][]byte
	for _, argument := range PeopleCommands[command] {
		var value []byte
		if given, present := arguments[argument.Name]; present {
			value = text(given)
		}
		args = append(args, value)
	}
	return db.call(ctx, claims, rpc{name: command, query: query, args: append(args, text(requestID))})
}

// PeoplePageArguments are the arguments of the RPC people_page. Nil means its default.
type PeoplePageArguments struct {
	Search     *string
	Role       *string // mentor, coordinator or administrator
	ChapterID  *string // UUID
	PageLimit  *int32  // 1–200
	PageCursor *string
	Login      *string // none, unused or used
}

const peoplePage = `select public.people_page(
		search => $1::text,
		role => $2::text,
		chapter_id => $3::uuid,
		page_limit => $4::int,
		page_cursor => $5::text,
		login => $6::text)::text,
	current_setting('response.headers', true)`

// PeoplePage answers a page of the people of the chapters that the caller coordinates or
// administers, by name.
//
// Its refusals: invalid_request (including a cursor that was altered, or belongs to
// other filters), not_a_coordinator, chapter_not_found.
func (db *DB) PeoplePage(ctx context.Context, claims []byte, in PeoplePageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "people_page", query: peoplePage, args: [][]byte{
		optionalText(in.Search),
		optionalText(in.Role),
		optionalText(in.ChapterID),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
		optionalText(in.Login),
	}})
}

// PersonPageArguments are the arguments of the RPC person_page. Nil means its default.
type PersonPageArguments struct {
	PersonID   string // UUID
	PageLimit  *int32 // 1–200
	PageCursor *string
}

const personPage = `select public.person_page(
		person_id => $1::uuid,
		page_limit => $2::int,
		page_cursor => $3::text)::text,
	current_setting('response.headers', true)`

// PersonPage answers one person as an administrator keeps them, with a page of the log of
// what was changed.
//
// Its refusals: invalid_request (including a cursor that was altered, or is another
// person's), not_an_administrator, not_found.
func (db *DB) PersonPage(ctx context.Context, claims []byte, in PersonPageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "person_page", query: personPage, args: [][]byte{
		text(in.PersonID),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
	}})
}

// PossibleDuplicatesArguments are the arguments of the RPC possible_duplicates.
type PossibleDuplicatesArguments struct {
	ChapterID *string // UUID; nil: all that the caller administers
}

const possibleDuplicates = `select public.possible_duplicates(chapter_id => $1::uuid)::text,
	current_setting('response.headers', true)`

// PossibleDuplicates answers the pairs of profiles that may be one person.
//
// Its refusals: not_an_administrator, chapter_not_found.
func (db *DB) PossibleDuplicates(ctx context.Context, claims []byte, in PossibleDuplicatesArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "possible_duplicates", query: possibleDuplicates, args: [][]byte{optionalText(in.ChapterID)}})
}

const organisationPage = `select public.organisation_page()::text, current_setting('response.headers', true)`

// OrganisationPage answers the caller's chapters, the kinds of certification and, for
// organisation administrators, who they are.
//
// Its refusal: not_a_coordinator.
func (db *DB) OrganisationPage(ctx context.Context, claims []byte) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "organisation_page", query: organisationPage})
}
