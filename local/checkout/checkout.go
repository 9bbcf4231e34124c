// Package checkout finds the project's root folder, for tools and tests that read
// its files or build its functions.
package checkout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// own is the line of go.mod that identifies the checkout's root; modules below it,
// such as the benchmark's, have another name.
var own = regexp.MustCompile(`(?m)^module mentorpause$`)

// Root returns the root of the checkout around the working directory. Outside of a
// checkout it is an error.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return Around(start)
}

// Around is the checkout that a folder, given by its absolute path, is in.
func Around(folder string) (string, error) {
	for dir := folder; ; dir = filepath.Dir(dir) {
		switch text, err := os.ReadFile(filepath.Join(dir, "go.mod")); {
		case err == nil && own.Match(text):
			return dir, nil
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return "", err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the checkout of mentorpause", folder)
		}
	}
}

// Main is for TestMain of tests that read the project's files: they run in the
// checkout's root, so that paths are written as in the documentation.
func Main(m interface{ Run() int }) {
	root, err := Root()
	if err == nil {
		err = os.Chdir(root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
