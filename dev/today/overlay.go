package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// shiftVariable names the environment variable with the seconds by which Go programs' clocks are ahead.
const shiftVariable = "BOXOFFICE_CLOCK_SHIFT"

// changes make Go's runtime shift the wall clock that package time reads. The bubbles of testing/synctest have clocks of their own, which are left alone.
var changes = []struct{ from, to string }{
	{"\treturn time_now()\n", "\tsec, nsec, mono = time_now()\n\treturn sec + clockShift, nsec, mono\n"},
	{"\t\"internal/runtime/sys\"\n", "\t\"internal/runtime/sys\"\n\t\"internal/strconv\"\n"},
}

const addition = `
// clockShift is by how many seconds the clock of the program is ahead.
var clockShift int64

func init() {
	clockShift, _ = strconv.ParseInt(gogetenv("` + shiftVariable + `"), 10, 64)
}
`

// writeOverlay writes into a folder what `go build -overlay` needs, and gives the path.
func writeOverlay(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "runtime", "time.go")
	content, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	text, err := shifted(string(content))
	if err != nil {
		return "", fmt.Errorf("%s: %w", original, err)
	}
	changed := filepath.Join(dir, "time.go")
	if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o600)
}

// shifted is the runtime's source with the changes. Each must have its place: another version of Go may need others.
func shifted(source string) (string, error) {
	for _, change := range changes {
		if strings.Count(source, change.from) != 1 {
			return "", fmt.Errorf("this version of Go is not known: %q is not there once", change.from)
		}
		source = strings.Replace(source, change.from, change.to, 1)
	}
	return source + addition, nil
}
