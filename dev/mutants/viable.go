package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// withoutUncompilable leaves out the mutants that do not compile. gremlins has them for killed: it waits for `go test` to exit with 2, which
// exits with 1 when it cannot build. An addition is what does not always compile when it is changed: nothing is subtracted from a string.
func withoutUncompilable(ctx context.Context, root, pkg string, found []mutation, scratch string) ([]mutation, error) {
	var viable []mutation
	for _, m := range found {
		compiles, err := compiles(ctx, root, pkg, m, scratch)
		if err != nil {
			return nil, fmt.Errorf("build %s:%d:%d: %w", m.File, m.Line, m.Column, err)
		}
		if compiles {
			viable = append(viable, m)
		}
	}
	return viable, nil
}

func compiles(ctx context.Context, root, pkg string, m mutation, scratch string) (bool, error) {
	if m.Status != killed || !slices.Contains([]string{"ARITHMETIC_BASE", "INVERT_ASSIGNMENTS"}, m.Kind) {
		return true, nil
	}
	original := filepath.Join(root, pkg, m.File)
	content, err := os.ReadFile(original)
	if err != nil {
		return false, err
	}
	lines := strings.Split(string(content), "\n")
	if m.Line < 1 || m.Line > len(lines) || m.Column < 1 || m.Column > len(lines[m.Line-1]) {
		return false, errors.New("there is no such place")
	}
	line := lines[m.Line-1]
	if line[m.Column-1] != '+' {
		return true, nil
	}
	lines[m.Line-1] = line[:m.Column-1] + "-" + line[m.Column:]
	changed, overlay := filepath.Join(scratch, "changed.go"), filepath.Join(scratch, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return false, err
	}
	if err := errors.Join(os.WriteFile(changed, []byte(strings.Join(lines, "\n")), 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlay, "-o", os.DevNull, "./"+pkg)
	cmd.Dir = root
	err = cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); failed && ctx.Err() == nil {
		return false, nil
	}
	return err == nil, err
}
