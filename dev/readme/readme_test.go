package readme

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// patience bounds all commands together, some of which compile.
const patience = 15 * time.Minute

// leftOut are the beginnings of lines that are not run, and why.
var leftOut = map[string]string{
	"make run PARTS": "it runs until it is stopped; the tests of dev/stack start single parts",
	"make chaos":     "it takes minutes; the test of dev/chaos plays a short one",
	"docker compose": "it needs Docker; the test in tools/compose reads the file",
}

// readFirst are the pages whose commands run first: the other pages use what these have made.
var readFirst = []string{"README.md", "docs/tour.md", "docs/operations.md"}

// refused are the paths of requests that the pages say are refused, with the status.
var refused = map[string]string{"/api/v1/check-ins": "409"}

// curl is put before the real one: it says each answer's status on the error output.
const curl = `#!/bin/sh
exec %s -w '%%{stderr}status %%{http_code} of %%{url_effective}\n' "$@"
`

// answered is what curl says.
var answered = regexp.MustCompile(`(?m)^status (\d+) of https?://[^/]+([^?\n]*)`)

// The commands of README and of docs have to work on any day and at any hour; what they answer has to look like what the pages show.
func TestTheCommandsWorkAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	all := pages(t, root)
	for beginning, why := range leftOut {
		require.True(t, slices.ContainsFunc(all, func(p page) bool { return strings.Contains(p.text, "\n"+beginning) }),
			"%s is not run, because %s, but it is not there", beginning, why)
	}

	system, dir := start(t)
	// The addresses are the only thing that is not as it is written: several systems run at once.
	ports, standard := system.Ports(), stack.DefaultPorts()
	addresses := strings.NewReplacer(
		fmt.Sprintf("127.0.0.1:%d", standard.API), fmt.Sprintf("127.0.0.1:%d", ports.API),
		fmt.Sprintf("127.0.0.1:%d", standard.Stripesim), fmt.Sprintf("127.0.0.1:%d", ports.Stripesim),
	)
	var shown []block
	for _, p := range all {
		shown = append(shown, blocks(p.path, addresses.Replace(p.text))...)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash")
	shell.Dir = root
	shell.Env = environment(t, system, dir, system.Program("boxoffice"))
	shell.Stdin = strings.NewReader(script(shown, slices.Collect(maps.Keys(leftOut))))
	var out, errOut bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &errOut
	err = shell.Run()
	t.Log(out.String(), errOut.String())
	require.NoError(t, err)

	for _, answer := range answered.FindAllStringSubmatch(errOut.String(), -1) {
		if want, ok := refused[answer[2]]; ok {
			require.Equal(t, want, answer[1], answer[0])
		} else {
			require.Less(t, answer[1], "400", answer[0])
		}
	}
	answers := documents(out.String())
	for _, b := range shown {
		switch b.language {
		case "json":
			requireAnswers(t, b, answers)
		case "sql":
			runSQL(t, system.OwnerDSN(), b)
		case "":
			requireChecks(t, b, out.String())
		}
	}
}

// page is a Markdown document: README or one of docs.
type page struct {
	path string // from the root of the repository
	text string
}

// pages are README and those in docs, in the order in which somebody would try their commands.
func pages(t *testing.T, root string) []page {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	paths := slices.Clone(readFirst)
	for _, file := range found {
		if path := "docs/" + filepath.Base(file); !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	all := make([]page, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		all[i] = page{path: path, text: string(text)}
	}
	return all
}

// runSQL runs statements with the rights with which `make psql` does.
func runSQL(t *testing.T, dsn string, b block) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), b.text)
	require.NoError(t, errors.Join(err, conn.Close(t.Context())), "the statements in %s", b)
}

func requireAnswers(t *testing.T, b block, answers []any) {
	t.Helper()
	examples, err := exampleDocuments(b)
	require.NoError(t, err)
	for _, example := range examples {
		var wrong []string
		for _, answer := range answers {
			said := unlike(example, answer, "")
			if said == "" {
				wrong = nil
				break
			}
			wrong = append(wrong, said)
		}
		require.Empty(t, wrong, "no answer looks like the example in %s", b)
	}
}

// check is a line of the audit, up to what it has counted.
var check = regexp.MustCompile(`(?m)^[✓!] (\S+ +[^(\n]*)`)

// requireChecks wants the lines of an audit that the pages show in what came.
func requireChecks(t *testing.T, b block, out string) {
	t.Helper()
	for _, line := range check.FindAllStringSubmatch(b.text, -1) {
		require.Regexp(t, `(?m)^[✓!] +`+strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line[1])), " ", " +"), out, "a line of the audit shown in %s", b)
	}
}

// start starts what `make run` starts, with the limits that it has.
func start(t *testing.T) (system *stack.Stack, dir string) {
	t.Helper()
	opened := private.ForTest(t, "readme", stack.Options{})
	return opened.Stack, opened.Dir
}

// environment is that of somebody at the machine on which the system runs, who knows its ports and has installed boxoffice with the worker's environment;
// for what the pages say needs it, with the rights of the owner of the database.
func environment(t *testing.T, system *stack.Stack, dir, program string) []string {
	t.Helper()
	realCurl, err := exec.LookPath("curl")
	require.NoError(t, err)
	ports, secrets := system.Ports(), system.Secrets()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"curl": fmt.Sprintf(curl, realCurl),
		"boxoffice": "#!/bin/sh\n" +
			"database='" + system.WorkerDSN() + "'\n" +
			`case "$1" in users|migrate) database='` + system.OwnerDSN() + "';; esac\n" +
			"exec env DATABASE_URL=\"$database\" " + strings.Join([]string{
			"TEMPORAL_ADDRESS=" + system.TemporalAddr(), "TEMPORAL_NAMESPACE=" + stack.Namespace,
			"STRIPE_API_URL=" + system.StripeURL(), "STRIPE_SECRET_KEY=" + secrets.StripeSecretKey, program,
		}, " ") + ` "$@"` + "\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700))
	}
	return append(os.Environ(),
		"PATH="+folder+":"+os.Getenv("PATH"),
		"BOXOFFICE_DIR="+dir,
		fmt.Sprintf("BOXOFFICE_API_PORT=%d", ports.API), fmt.Sprintf("TEMPORAL_PORT=%d", ports.Temporal), fmt.Sprintf("TEMPORAL_UI_PORT=%d", ports.TemporalUI),
		fmt.Sprintf("STRIPESIM_PORT=%d", ports.Stripesim), fmt.Sprintf("POSTGRES_PORT=%d", ports.Postgres),
		fmt.Sprintf("MAILBOX_PORT=%d", ports.Mailbox), fmt.Sprintf("MAILBOX_SMTP_PORT=%d", ports.MailboxSMTP),
		"BOXOFFICE_API_URL="+system.APIURL(),
	)
}
