package database

import "context"

const importPeople = `select public.import_people(
		list => $1::jsonb,
		chapter_id => $2::uuid,
		source => $3::text,
		preview => $4::text,
		request_id => $5::uuid)::text,
	current_setting('response.headers', true)`

// ImportPeople judges a list of people, or with the preview of such a dry run enters it. The
// caller must be an administrator of the chapters that the list names.
//
// Its refusals: invalid_request, not_an_administrator, chapter_not_found, preview_outdated,
// request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) ImportPeople(ctx context.Context, claims []byte, in ImportPeopleArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "import_people", query: importPeople, args: [][]byte{
		in.List,
		optionalText(in.ChapterID),
		optionalText(in.Source),
		optionalText(in.Preview),
		text(in.RequestID),
	}})
}
