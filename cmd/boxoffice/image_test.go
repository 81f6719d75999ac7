package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The image is built from the folders that .dockerignore lets in: if one is missing there, a build breaks that no test runs.
func TestImageHasEveryPackageOfTheProduct(t *testing.T) {
	t.Parallel()
	ignore, err := os.ReadFile("../../Dockerfile.dockerignore")
	require.NoError(t, err)
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".", "../../dev/stripesim/cmd")
	packages, err := list.Output()
	require.NoError(t, err)
	const module = "github.com/boxoffice/boxoffice/"
	kept := strings.Fields(string(ignore))
	for name := range strings.Lines(string(packages)) {
		folder, ours := strings.CutPrefix(strings.TrimSpace(name), module)
		if !ours {
			continue
		}
		top, _, _ := strings.Cut(folder, "/")
		if top == "dev" {
			top = "dev/" + strings.Split(folder, "/")[1]
		}
		require.Contains(t, kept, "!"+top)
	}
}
