package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mutation is one change that was tried, as gremlins reports it.
type mutation struct {
	File   string
	Kind   string `json:"type"`
	Status string `json:"status"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// The results of a mutant. If the tests never end, they have noticed it.
const (
	killed     = "KILLED"
	lived      = "LIVED"
	timedOut   = "TIMED OUT"
	notCovered = "NOT COVERED"
)

// patience is by how much a mutant's tests may take longer than the tests with coverage took.
const patience = "20"

// unleash has gremlins try every change in a package, or in some of its files.
func unleash(ctx context.Context, root, pkg string, files []string, tests string) ([]mutation, error) {
	scratch, err := os.MkdirTemp("", "boxoffice-mutants-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	report := filepath.Join(scratch, "report.json")
	args := []string{
		"tool", "-modfile=" + filepath.Join(root, "tools", "mutants", "go.mod"), "gremlins", "unleash", "./" + pkg, "--output", report,
		"--workers", "1", "--timeout-coefficient", patience,
		"--invert-assignments", "--invert-bitwise", "--invert-bwassign", "--invert-logical", "--invert-loopctrl", "--remove-self-assignments",
	}
	others, err := leaveOut(root, pkg, files)
	if err != nil {
		return nil, err
	}
	for _, name := range others {
		args = append(args, "--exclude-files", "(^|/)"+regexp.QuoteMeta(name)+"$")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS="+goFlags(os.Getenv("GOFLAGS"), tests), "TMPDIR="+scratch)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("gremlins: %w", err)
	}
	found, err := readReport(report)
	if err != nil {
		return nil, err
	}
	return withoutUncompilable(ctx, root, pkg, found, scratch)
}

// goFlags are for every go command that gremlins runs. Without -count=1 the tests with coverage may come from the cache in no time, and all
// mutants, which are given a multiple of that, would be reported as timed out.
func goFlags(given, tests string) string {
	flags := strings.Fields(given)
	flags = append(flags, "-count=1", "-vet=off")
	if tests != "" {
		flags = append(flags, "-run="+tests)
	}
	return strings.Join(flags, " ")
}

// leaveOut lists the files of a package that are not to be changed.
func leaveOut(root, pkg string, wanted []string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, pkg))
	if err != nil {
		return nil, err
	}
	var others []string
	left := slices.Clone(wanted)
	for _, entry := range entries {
		name := entry.Name()
		if at := slices.Index(left, name); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		if len(wanted) > 0 && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			others = append(others, name)
		}
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("no file %s", strings.Join(left, ", "))
	}
	return others, nil
}

func readReport(path string) ([]mutation, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var report struct {
		Files []struct {
			Name      string     `json:"file_name"`
			Mutations []mutation `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(content, &report); err != nil {
		return nil, fmt.Errorf("read gremlins' report: %w", err)
	}
	var found []mutation
	for _, file := range report.Files {
		for _, m := range file.Mutations {
			m.File = filepath.Base(file.Name)
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("gremlins found nothing to change")
	}
	return found, nil
}
