package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// machine is what of the machine and the code decides over figures; nothing of it names a host.
type machine struct {
	CPUs       int    `json:"cpus"`
	Platform   string `json:"platform"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgreSQL"`
	// Commit is that of the code, with "-dirty" when it was changed since; empty where there is no git.
	Commit string `json:"commit,omitempty"`
}

func (s *system) machine(ctx context.Context) (m machine, err error) {
	m = machine{CPUs: runtime.NumCPU(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Commit: commit(ctx)}
	if err := s.Owner.QueryRow(ctx, "SHOW server_version").Scan(&m.PostgreSQL); err != nil {
		return m, fmt.Errorf("ask for PostgreSQL's version: %w", err)
	}
	return m, nil
}

func commit(ctx context.Context) string {
	root, err := stack.FindRoot()
	if err != nil {
		return ""
	}
	described, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(described))
}

// String names it all on one line.
func (m machine) String() string {
	return fmt.Sprintf("%d CPUs, %s, %s, PostgreSQL %s, commit %s", m.CPUs, m.Platform, m.Go, m.PostgreSQL, m.Commit)
}
