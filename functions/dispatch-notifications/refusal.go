package main

import (
	"mentorpause/shared/mail"
)

// severalInARow is how many different addresses a server refuses, and accepts none
// between, before it is taken to refuse whomever it is asked for.
const severalInARow = 3

// refusals are the addresses that the server has refused in this run. Which of them
// are at fault shows only when it accepts another one.
type refusals struct {
	failures map[string]*mail.Failure // by address
	row      []string                 // since it accepted one
}

// add adds the refusal of an address that has not been refused in this run, and
// reports whether this is the one that shows that the server is the trouble.
func (r *refusals) add(address string, failure *mail.Failure) bool {
	if r.failures == nil {
		r.failures = map[string]*mail.Failure{}
	}
	r.failures[address] = failure
	r.row = append(r.row, address)
	if r.areTheServers() {
		for _, address := range r.row {
			r.failures[address] = &mail.Failure{Reason: r.failures[address].Reason}
		}
	}
	return len(r.row) == severalInARow
}

// of is the refusal of this address; nil: none.
func (r *refusals) of(address string) *mail.Failure { return r.failures[address] }

// inDoubt reports whether it is not yet clear what was at fault.
func (r *refusals) inDoubt() bool { return len(r.row) > 0 && !r.areTheServers() }

// areTheServers reports whether the server refuses everybody at the moment.
func (r *refusals) areTheServers() bool { return len(r.row) >= severalInARow }

// end ends the row: the server has accepted an address.
func (r *refusals) end() { r.row = nil }

// unsent are records without a sent e-mail, by claim.
type unsent struct {
	claims  []string
	records map[string]*record
}

func (u *unsent) add(claim string, what record) {
	if u.records == nil {
		u.records = map[string]*record{}
	}
	if u.records[claim] == nil {
		u.records[claim] = &record{}
		u.claims = append(u.claims, claim)
	}
	u.records[claim].add(what)
}

// excuse takes back what was refused by the server.
func (u *unsent) excuse() {
	for _, r := range u.records {
		for i := range r.Emails {
			if r.Emails[i].byServer && r.Emails[i].AddressRefused {
				r.Emails[i].excuse()
			}
		}
	}
}
