package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is POST people, which carries out one command, and GET people, which reads
// a page of the people of the caller's chapters, one person, who may be registered twice, or
// what there is to choose from. The RPCs say who may.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "people",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				reply, err := read(ctx, db, r)
				return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
			}
			name, arguments, err := readCommand(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			key, err := r.IdempotencyKey()
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.KeepPeople(ctx, r.Caller.Claims, name, arguments, key)
			return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
		},
	}
}

// partParameters are the parameters that each part takes; the empty one is the list.
var partParameters = map[string][]string{
	"":             {"search", "role", "login", "chapter_id", "limit", "cursor"},
	"person":       {"person_id", "limit", "cursor"},
	"duplicates":   {"chapter_id"},
	"organisation": {},
}

// read answers the part that the query asks for. No parameter may be repeated, nor stand
// beside a part that does not take it: it would be overlooked.
func read(ctx context.Context, db *database.DB, r *functionurl.Request) (database.Reply, error) {
	query, err := r.Single("part", "search", "role", "login", "chapter_id", "person_id", "limit", "cursor")
	if err != nil {
		return database.Reply{}, err
	}
	part := ""
	if query["part"] != nil {
		part = *query["part"]
	}
	takes, known := partParameters[part]
	if !known {
		return database.Reply{}, functionurl.Invalid("part", "must be person, duplicates or organisation")
	}
	for name := range query {
		if name != "part" && query[name] != nil && !slices.Contains(takes, name) {
			return database.Reply{}, functionurl.Invalid(name, "does not belong to this part")
		}
	}
	for _, name := range []string{"chapter_id", "person_id"} {
		if query[name] != nil {
			if _, err := functionurl.RequireUUID(name, query[name]); err != nil {
				return database.Reply{}, err
			}
		}
	}
	limit, err := functionurl.ParseLimit(query["limit"])
	if err != nil {
		return database.Reply{}, err
	}
	switch part {
	case "organisation":
		return db.OrganisationPage(ctx, r.Caller.Claims)
	case "duplicates":
		return db.PossibleDuplicates(ctx, r.Caller.Claims, database.PossibleDuplicatesArguments{ChapterID: query["chapter_id"]})
	case "person":
		id, err := functionurl.RequireUUID("person_id", query["person_id"])
		if err != nil {
			return database.Reply{}, err
		}
		return db.PersonPage(ctx, r.Caller.Claims, database.PersonPageArguments{PersonID: id, PageLimit: limit, PageCursor: query["cursor"]})
	}
	for name, values := range map[string][]string{
		"role": {"mentor", "coordinator", "administrator"}, "login": {"none", "unused", "used"},
	} {
		if query[name] != nil && !slices.Contains(values, *query[name]) {
			return database.Reply{}, functionurl.Invalid(name, "must be %s", strings.Join(values, ", "))
		}
	}
	return db.PeoplePage(ctx, r.Caller.Claims, database.PeoplePageArguments{
		Search: query["search"], Role: query["role"], Login: query["login"], ChapterID: query["chapter_id"],
		PageLimit: limit, PageCursor: query["cursor"],
	})
}
