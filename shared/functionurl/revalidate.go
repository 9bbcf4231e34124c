package functionurl

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
)

// revalidate adds what lets the caller keep body, and reports whether if-none-match
// says that the caller has it already, and by which etag. compress says in which form
// body is about to be sent.
//
// A strong etag belongs to the bytes sent (RFC 9110, section 8.8.3.3), so the
// compressed form has its own, derived from the plain one without compressing.
// Both mean the same content: a caller that sends either has it, whichever form
// this request accepts, and the 304 repeats the one that the caller sent. A POST
// is answered in the same way, because here it only reads.
func (r *Request) revalidate(body []byte, compress bool, headers map[string]string) (shown string, isKept bool) {
	plainTag, gzipTag := etags(body)
	tag := plainTag
	if compress {
		tag = gzipTag
	}
	headers["cache-control"] = "private, no-cache"
	headers["vary"] = "accept-encoding"
	headers["etag"] = tag
	return matchEtag(r.header("if-none-match"), tag, plainTag, gzipTag)
}

// etags identifies a page by a checksum. It is not cryptographic and need not be:
// anybody able to choose a page's text so that its etag stays the same would only
// keep the old page in front of colleagues, and could as well not change it.
func etags(body []byte) (plain, gzip string) {
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], xxhash.Sum64(body))
	hash := base64.RawURLEncoding.EncodeToString(sum[:])
	return `"` + hash + `"`, `"` + hash + `-gzip"`
}

// matchEtag returns which of tags is in the value of an if-none-match header; "*"
// means the first. The comparison is weak, as if-none-match demands: a W/ prefix
// added by a proxy is ignored. Nothing after a malformed member is read.
func matchEtag(header string, tags ...string) (string, bool) {
	const separators = " \t,"
	rest := strings.Trim(header, separators)
	if rest == "*" {
		return tags[0], true
	}
	for rest != "" {
		rest = strings.TrimPrefix(rest, "W/")
		if rest == "" || rest[0] != '"' {
			return "", false
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return "", false
		}
		tag := rest[:end+2]
		if slices.Contains(tags, tag) {
			return tag, true
		}
		rest = strings.TrimLeft(rest[end+2:], separators)
	}
	return "", false
}

// acceptsGzip reports whether the value of an accept-encoding header accepts gzip
// and doesn't prefer an uncompressed body, and whether it accepts gzip at all. A
// weight that isn't a number from 0 to 1 counts as a refusal.
func acceptsGzip(header string) (preferred, allowed bool) {
	weights := map[string]float64{}
	for member := range strings.SplitSeq(strings.ToLower(header), ",") {
		coding, parameters, _ := strings.Cut(member, ";")
		weight := 1.0
		for parameter := range strings.SplitSeq(parameters, ";") {
			if value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
				number, err := strconv.ParseFloat(value, 64)
				if err != nil || !(number >= 0 && number <= 1) {
					number = 0
				}
				weight = number
			}
		}
		weights[strings.TrimSpace(coding)] = weight
	}
	identity := weights["identity"]
	for _, coding := range []string{"gzip", "x-gzip", "*"} {
		if weight, ok := weights[coding]; ok {
			return weight > 0 && weight >= identity, weight > 0
		}
	}
	return false, false
}

// zippers are pooled because each has tables of 800 KB, which take longer to
// allocate than a page takes to compress. Our pages repeat the names of their fields and
// little else: beyond level 3, a page of 24 KB takes three times as long and is 4 % smaller,
// which the slowest connections don't make up for on the share of a processor that a
// small function has.
var zippers = sync.Pool{New: func() any {
	zipper, err := gzip.NewWriterLevel(nil, 3)
	if err != nil {
		panic(err) // there is no such level
	}
	return zipper
}}

// compressed returns body in gzip.
func compressed(body []byte) []byte {
	zipper := zippers.Get().(*gzip.Writer)
	defer zippers.Put(zipper)
	var buffer bytes.Buffer
	zipper.Reset(&buffer)
	// Writing to memory can't fail.
	_, _ = zipper.Write(body)
	_ = zipper.Close()
	return buffer.Bytes()
}
