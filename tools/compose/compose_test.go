// Package compose checks docker-compose.yml on machines without Docker, with the
// parser that Docker Compose itself uses. Go remembers results of tests without
// watching files of other modules, so run it afresh:
//
//	go test -C tools -count=1 ./...
package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

const root = "../.."

func TestComposeFile(t *testing.T) {
	t.Parallel()

	project := load(t)
	require.Subset(t, project.ServiceNames(), []string{
		"postgres", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui",
		"migrate", "seed", "api", "worker", "stripesim", "mailpit",
	})
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)

	for name, service := range project.Services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, port := range service.Ports {
				require.Equal(t, "127.0.0.1", port.HostIP, "port %s is open to the network", port.Published)
			}
			for _, volume := range service.Volumes {
				if volume.Type == types.VolumeTypeBind {
					require.FileExists(t, firstFile(volume.Source))
				}
			}
			if service.Build == nil {
				_, tag, _ := strings.Cut(service.Image, ":")
				require.NotContains(t, []string{"", "latest"}, tag, "image %s names its version", service.Image)
				return
			}
			require.Contains(t, string(dockerfile), " AS "+service.Build.Target+"\n", "the Dockerfile has the target")
		})
	}
}

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Parallel()

	project := load(t, "JWT_SECRET=chosen", "STRIPE_API_URL=", "API_PASSWORD=chosen")
	api := project.Services["api"].Environment
	require.Equal(t, "chosen", *api["JWT_SECRET"])
	require.Empty(t, *api["STRIPE_API_URL"], "Stripe itself")
	require.Contains(t, *api["DATABASE_URL"], ":chosen@postgres:5432/")
	require.Contains(t, *load(t).Services["api"].Environment["JWT_SECRET"], "DEVELOPMENT-ONLY")
}

// load reads the file as Docker Compose does, with these variables alone, and
// checks it for references to services and volumes that it does not have.
func load(t *testing.T, env ...string) *types.Project {
	t.Helper()

	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithEnv(env))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

// firstFile is path itself, or a file in it when it is a folder.
func firstFile(path string) string {
	if files, err := filepath.Glob(filepath.Join(path, "*")); err == nil && len(files) > 0 {
		return files[0]
	}
	return path
}
