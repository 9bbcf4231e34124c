package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"mentorpause/shared/config"
)

const (
	index         = "/index.html"
	versionFile   = "/version.json"
	configuration = "/config.json"
)

// newHandler is GET console: the built files at the root of a host. It checks no token,
// because nothing that it has is about anybody. A path that is no file is a page of the
// console, which reads the path itself: it gets index.html.
func newHandler(settings config.Console) (http.Handler, error) {
	built, unbuilt := embedded()
	files, err := readFiles(built, unbuilt)
	if err != nil {
		return nil, err
	}
	return newConsole(files, settings)
}

// console serves files. It is safe for concurrent use.
type console struct {
	files  map[string]*file
	closed [][2]string // headers of every answer, which close the console to others
}

func newConsole(files map[string]*file, settings config.Console) (*console, error) {
	content, err := json.Marshal(map[string]any{
		"supabase_url": settings.SupabaseURL, "publishable_key": settings.APIKey,
		"functions": settings.Functions, "time_zone": settings.TimeZone.String(),
	})
	if err != nil {
		return nil, err
	}
	c := &console{files: map[string]*file{}, closed: [][2]string{
		{"content-security-policy", policy(settings)},
		{"x-content-type-options", "nosniff"},
		{"x-frame-options", "DENY"},
		{"referrer-policy", "no-referrer"},
		{"cross-origin-opener-policy", "same-origin"},
		{"cross-origin-resource-policy", "same-origin"},
		{"permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
		{"strict-transport-security", "max-age=63072000"},
	}}
	for name, f := range files {
		c.files[name] = f.with(c.closed)
	}
	c.files[configuration] = newFile(configuration, content).with(c.closed)
	return c, nil
}

// policy is the content security policy: scripts, styles, fonts and pictures come from
// here, connections go to what config.json names, and nothing may show the console in a
// frame. Pictures may be data, because the design system's style sheet contains its icons.
func policy(settings config.Console) string {
	origins := []string{origin(settings.SupabaseURL)}
	for _, address := range settings.Functions {
		origins = append(origins, origin(address))
	}
	slices.Sort(origins)
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "img-src 'self' data:",
		"connect-src 'self' " + strings.Join(slices.Compact(origins), " "),
		"manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types console",
	}, "; ")
}

// origin is the part of an address that a policy names; package config has checked it.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// ServeHTTP answers GET and HEAD.
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for _, header := range c.closed {
		h.Set(header[0], header[1])
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("allow", "GET, HEAD")
		h.Set("cache-control", "no-store")
		http.Error(w, "The console has files to read, and nothing else.", http.StatusMethodNotAllowed)
		return
	}
	f := c.find(r.URL.Path)
	h.Set("content-type", f.mediaType)
	h.Set("vary", "accept-encoding")
	h.Set("cache-control", "no-cache")
	if f.immutable {
		h.Set("cache-control", "public, max-age=31536000, immutable")
	}
	form := preferred(r.Header.Get("accept-encoding"), f)
	if form != "" {
		h.Set("content-encoding", form)
	}
	h.Set("etag", f.etag(form))
	// Parts of a compressed form are of no use to anybody.
	r.Header.Del("range")
	http.ServeContent(unrepeated{w, c.closed}, r, "", time.Time{}, bytes.NewReader(f.forms[form]))
}

// unrepeated leaves the headers that close the console out of a 304: a browser keeps those of
// the answer that it has (RFC 9111, section 3.2), and they are two thirds of what an opening
// would be sent by the console. The etag changes with them.
type unrepeated struct {
	http.ResponseWriter
	closed [][2]string
}

func (u unrepeated) WriteHeader(status int) {
	if status == http.StatusNotModified {
		for _, header := range u.closed {
			u.Header().Del(header[0])
		}
	}
	u.ResponseWriter.WriteHeader(status)
}

// find returns the file of a path. It looks a name up and opens nothing, so that no path
// leads out of what was built.
func (c *console) find(name string) *file {
	if f := c.files[path.Clean("/"+name)]; f != nil && !strings.HasSuffix(name, "/") {
		return f
	}
	return c.files[index]
}

// preferred is the best form of a file that the value of an accept-encoding header allows;
// "" is the file as it is, which everybody is given who accepts no other.
func preferred(header string, f *file) string {
	weights := map[string]float64{}
	for member := range strings.SplitSeq(strings.ToLower(header), ",") {
		name, parameters, _ := strings.Cut(member, ";")
		weight := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(parameters), "q="); found {
			weight, _ = strconv.ParseFloat(value, 64) // what is no number refuses
		}
		weights[strings.TrimSpace(name)] = weight
	}
	best, bestWeight := "", weights["identity"]
	for _, c := range codings {
		weight, named := weights[c.name]
		if !named {
			weight = weights["*"]
		}
		// At the same weight the better coding, which comes first, stays.
		if f.forms[c.name] != nil && weight > 0 && (weight > bestWeight || weight == bestWeight && best == "") {
			best, bestWeight = c.name, weight
		}
	}
	return best
}
