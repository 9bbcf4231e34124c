package main

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"

	"mentorpause/shared/version"
)

// dist has the built files, each beside its compressed forms; only .gitignore until
// `make build/console` has run.
//
//go:embed all:dist
var dist embed.FS

//go:embed placeholder.html
var placeholder []byte

// embedded is what was built, or else a page that says how to build it.
func embedded() (fs.FS, []byte) {
	built, err := fs.Sub(dist, "dist")
	if err != nil { // the name is well-formed
		panic(err)
	}
	return built, placeholder
}

// coding is a content coding, with the ending of its files.
type coding struct{ name, ending string }

// codings are those in which files are kept, the better one first.
var codings = []coding{{"br", ".br"}, {"gzip", ".gz"}}

// file is one file of the console.
type file struct {
	mediaType string
	immutable bool              // its name contains its checksum
	forms     map[string][]byte // by content coding; "" is as it is
	checksum  string            // of what is sent with it, too
}

// with is the file as it is sent with headers: under another etag when they are others, so
// that nobody keeps it with those of yesterday.
func (f *file) with(headers [][2]string) *file {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q", f.checksum, headers)
	other := *f
	other.checksum = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12])
	return &other
}

// etag is the strong entity tag of one form.
func (f *file) etag(coding string) string {
	if coding == "" {
		return `"` + f.checksum + `"`
	}
	return `"` + f.checksum + "-" + coding + `"`
}

// mediaTypes are written down, because Go asks the machine for what it doesn't know.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png",
	".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8",
}

// readFiles reads the files by their path in URLs. A compressed form belongs to the file
// of the name before its ending, and must have one.
func readFiles(built fs.FS, unbuilt []byte) (map[string]*file, error) {
	files := map[string]*file{}
	compressed := map[string][]byte{}
	err := fs.WalkDir(built, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		for _, c := range codings {
			if strings.HasSuffix(name, c.ending) {
				compressed["/"+name] = content
				return nil
			}
		}
		files["/"+name] = newFile(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the console's files: %w", err)
	}
	for name, content := range compressed {
		for _, c := range codings {
			if plain, found := strings.CutSuffix(name, c.ending); found {
				if files[plain] == nil {
					return nil, fmt.Errorf("%s is the compressed form of no file", name)
				}
				files[plain].forms[c.name] = content
			}
		}
	}
	if files[index] == nil {
		files[index] = newFile(index, unbuilt)
	}
	if files[versionFile] == nil {
		files[versionFile] = newFile(versionFile, fmt.Appendf(nil, `{"version":%q,"build":"none"}`, version.Number()))
	}
	return files, nil
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	mediaType := mediaTypes[path.Ext(name)]
	if mediaType == "" {
		if mediaType = mime.TypeByExtension(path.Ext(name)); mediaType == "" {
			mediaType = "application/octet-stream"
		}
	}
	return &file{
		mediaType: mediaType,
		// The build gives the names in this folder, and no others, a checksum.
		immutable: strings.HasPrefix(strings.TrimPrefix(name, "/"), "assets/"),
		forms:     map[string][]byte{"": content},
		checksum:  base64.RawURLEncoding.EncodeToString(sum[:12]),
	}
}
