package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"mentorpause/shared/auth"
	"mentorpause/shared/bootstrap/web"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/refusal"
)

const (
	// authTimeout limits one request to Supabase Auth, which sends the e-mail while we wait.
	authTimeout = 8 * time.Second
	// recordTime is what a request to Supabase Auth leaves of the invocation, for recording
	// what was done.
	recordTime = 2 * time.Second
	// mostAttempts is how often what Supabase Auth has to do is looked at anew, when
	// somebody else changes the login meanwhile. Each time there is a longer pause, by
	// chance, so that two who invite the same person don't get in each other's way for ever,
	// and whoever comes last leaves the login with the address that is recorded.
	mostAttempts = 8
	pause        = 100 * time.Millisecond // the longest before the second attempt
)

func newFunction(settings config.Invite) web.Build {
	return build(auth.NewAdmin(settings.SupabaseURL, settings.SecretKey))
}

// build makes POST invite: it makes the login in Supabase Auth with the person's id, and
// has a code sent to the address. The RPCs before and after it say who may, and record it.
func build(admin *auth.Admin) web.Build {
	return func(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
		return functionurl.Endpoint{
			Name:     "invite",
			Methods:  []string{http.MethodPost},
			Verifier: verifier,
			Log:      log,
			Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
				in, err := arguments(r)
				if err != nil {
					return functionurl.Answer{}, err
				}
				reply, err := invitation{db: db, admin: admin, claims: r.Caller.Claims, in: in}.send(ctx)
				return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
			},
		}
	}
}

// arguments reads the RPCs' arguments, and checks their form.
func arguments(r *functionurl.Request) (in database.InvitationArguments, err error) {
	var body struct {
		PersonID *string `json:"person_id"`
		Email    *string `json:"email"`
	}
	if err := r.Decode(&body); err != nil {
		return in, err
	}
	if in.PersonID, err = functionurl.RequireUUID("person_id", body.PersonID); err != nil {
		return in, err
	}
	in.PersonID = strings.ToLower(in.PersonID) // as Supabase Auth writes it
	in.Email = body.Email
	in.RequestID, err = r.IdempotencyKey()
	return in, err
}

// invitation is one request. Wherever it is killed, the same request again goes on from
// what is there by then.
type invitation struct {
	db     *database.DB
	admin  *auth.Admin
	claims []byte
	in     database.InvitationArguments
}

// toDo is what the first RPC says.
type toDo struct {
	Email      string  `json:"email"`
	Locale     string  `json:"locale"`
	HasLogin   bool    `json:"has_login"` // never confirmed
	LoginEmail *string `json:"login_email"`
}

func (i invitation) send(ctx context.Context) (database.Reply, error) {
	var failed error // in the attempt before
	for attempt := range mostAttempts {
		if _, crossed := errors.AsType[*refusal.Error](failed); crossed {
			select {
			case <-time.After(rand.N(min(pause<<(attempt-1), time.Second))):
			case <-ctx.Done():
			}
		}
		reply, todo, err := i.begin(ctx)
		if err != nil || todo == nil {
			return reply, err
		}
		invited, err := i.ask(ctx, *todo)
		refused, _ := errors.AsType[*auth.AdminError](err)
		switch {
		case err == nil && invited.ID == i.in.PersonID:
			reply, err := i.finish(ctx)
			if other, ok := errors.AsType[*refusal.Error](err); !ok || other.Code != refusal.RequestInProgress {
				return reply, err
			}
			failed = err // somebody has just given the login another address
		case err == nil:
			// The login was gone, or had got another address, and Supabase Auth has made one of
			// its own, for nobody. One that was there is somebody's, who would be erased with it.
			if invited.IsMade {
				if err := i.limited(ctx, func(ctx context.Context) error { return i.admin.DeleteUser(ctx, invited.ID) }); err != nil {
					return database.Reply{}, i.translate(err)
				}
			}
			failed = refusal.Newf(refusal.RequestInProgress, "Another invitation of this person is on its way.")
		case refused != nil && (refused.Code == "email_exists" || refused.Code == "user_not_found" || refused.Status == http.StatusInternalServerError) && !sameFault(failed, refused):
			// Somebody was faster: what is there now decides. A login with this id is an internal
			// error of Supabase Auth's.
			failed = err
		default:
			return database.Reply{}, i.translate(err)
		}
	}
	return database.Reply{}, i.translate(failed)
}

// sameFault reports whether Supabase Auth said that before: then nothing has changed.
func sameFault(before error, now *auth.AdminError) bool {
	refused, ok := errors.AsType[*auth.AdminError](before)
	return ok && refused.Status == now.Status && refused.Code == now.Code
}

// begin asks what has to be done; nil if nothing has, because it is the answer or a refusal.
func (i invitation) begin(ctx context.Context) (database.Reply, *toDo, error) {
	reply, err := i.db.BeginInvitation(ctx, i.claims, i.in)
	if err != nil {
		return database.Reply{}, nil, err
	}
	var said struct {
		ToDo      *toDo `json:"to_do"`
		Withdrawn bool  `json:"withdrawn"`
	}
	if err := json.Unmarshal(reply.Body, &said); err != nil {
		return database.Reply{}, nil, fmt.Errorf("begin_invitation of %s: %w", i.in.PersonID, err)
	}
	if said.Withdrawn {
		return database.Reply{}, nil, refusal.New(refusal.NotFound)
	}
	return reply, said.ToDo, nil
}

// ask makes the login, or gives it the address, and has the invitation sent. It returns
// whoever was invited.
func (i invitation) ask(ctx context.Context, todo toDo) (invited auth.Invited, err error) {
	language := languageOf(todo.Locale)
	switch {
	case !todo.HasLogin:
		err = i.limited(ctx, func(ctx context.Context) error {
			return i.admin.CreateUser(ctx, i.in.PersonID, todo.Email, language)
		})
	case todo.LoginEmail == nil || *todo.LoginEmail != todo.Email:
		err = i.limited(ctx, func(ctx context.Context) error {
			return i.admin.ChangeEmail(ctx, i.in.PersonID, todo.Email, language)
		})
	}
	if err != nil {
		return auth.Invited{}, err
	}
	err = i.limited(ctx, func(ctx context.Context) error {
		invited, err = i.admin.Invite(ctx, todo.Email)
		return err
	})
	return invited, err
}

// limited gives a request to Supabase Auth the time that there is for it.
func (i invitation) limited(ctx context.Context, request func(context.Context) error) error {
	limit := authTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)-recordTime)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return request(ctx)
}

func (i invitation) finish(ctx context.Context) (database.Reply, error) {
	reply, err := i.db.FinishInvitation(ctx, i.claims, i.in)
	if err != nil {
		return database.Reply{}, err
	}
	var said struct {
		Withdrawn bool `json:"withdrawn"`
	}
	if err := json.Unmarshal(reply.Body, &said); err != nil {
		return database.Reply{}, fmt.Errorf("finish_invitation of %s: %w", i.in.PersonID, err)
	}
	if said.Withdrawn {
		return database.Reply{}, refusal.New(refusal.NotFound)
	}
	return reply, nil
}

// translate turns what Supabase Auth said into a refusal.
func (i invitation) translate(err error) error {
	refused, ok := errors.AsType[*auth.AdminError](err)
	switch {
	case !ok:
		return err
	case refused.Code == "email_exists":
		return refusal.Newf(refusal.InUse, "The address is another person's.").WithDetails("email")
	case refused.Temporary():
		return refusal.New(refusal.AuthUnavailable).Because(fmt.Errorf("invite %s: %w", i.in.PersonID, err))
	case refused.Code == "validation_failed", refused.Code == "email_address_invalid":
		return functionurl.Invalid("email", "is not accepted by Supabase Auth")
	default:
		return fmt.Errorf("invite %s: %w", i.in.PersonID, err)
	}
}

// languageOf is the language of an e-mail, nb, nn or en, for a locale such as nb, nn-NO,
// nno or en_GB.UTF-8.
func languageOf(locale string) string {
	tag := strings.ToLower(strings.TrimSpace(locale))
	if end := strings.IndexAny(tag, "-_.@"); end >= 0 {
		tag = tag[:end]
	}
	switch tag {
	case "nn", "nno":
		return "nn"
	case "en", "eng":
		return "en"
	default:
		return "nb"
	}
}
