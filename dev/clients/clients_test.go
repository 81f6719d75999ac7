package clients

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	// patience bounds each command, of which some fetch packages and compile.
	patience = 10 * time.Minute
	// daysAhead is when the shows are that tickets are bought for: all seats are free, and nothing has begun.
	daysAhead = 3
)

// The clients know nothing of the product but its contract, as the running system serves it.
func TestClientsMadeOfTheServedContractBuyTickets(t *testing.T) {
	t.Parallel()
	system := private.ForTest(t, "clients", stack.Options{Env: stack.Patient()})
	buyer, err := system.Visitor.Login(t.Context(), seed.Accounts[0].Email, seed.Password)
	require.NoError(t, err)
	contract := system.APIURL() + "/openapi.yaml"
	day := time.Now().UTC().AddDate(0, 0, daysAhead).Format(time.DateOnly)
	env := append(os.Environ(), "GOWORK=off", "BOXOFFICE_API_URL="+system.APIURL(), "BOXOFFICE_EMAIL="+seed.Accounts[0].Email, "BOXOFFICE_PASSWORD="+seed.Password)

	t.Run("Go", func(t *testing.T) {
		t.Parallel()
		program := outside(t, "golang")
		generated := filepath.Join(program, "boxoffice", "client.gen.go")
		require.NoError(t, os.Mkdir(filepath.Dir(generated), 0o700))
		root, err := stack.FindRoot()
		require.NoError(t, err)
		run(t, root, env, "go", "tool", "-modfile=tools/go.mod", "oapi-codegen", "-generate", "types,client", "-package", "boxoffice", "-o", generated, contract)
		run(t, program, env, "go", "mod", "tidy", "-diff")
		requireBought(t, buyer, run(t, program, env, "go", "run", ".", "london", day))
	})

	t.Run("TypeScript", func(t *testing.T) {
		t.Parallel()
		requireNode(t)
		program := outside(t, "typescript")
		// When all clocks are shifted (dev/today) the registry's certificate looks outdated, or not valid yet.
		env := slices.DeleteFunc(slices.Clone(env), func(variable string) bool { return strings.HasPrefix(variable, "LD_PRELOAD=") })
		run(t, program, env, "npm", "ci", "--ignore-scripts")
		run(t, program, env, "npm", "run", "generate")
		run(t, program, env, "npm", "run", "build")
		requireBought(t, buyer, run(t, program, env, "npm", "start", "--silent", "--", "berlin", day))
	})
}

// requireNode lets who has no Node.js go on without it. CI has it.
func requireNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "CI needs Node.js with npm: %v", err)
		t.Skip("install Node.js with npm (apt-get install nodejs npm): ", err)
	}
}

// outside copies a client's program to where the product's module is out of reach.
func outside(t *testing.T, program string) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), program)
	require.NoError(t, os.CopyFS(folder, os.DirFS(program)))
	for _, made := range []string{"boxoffice", "boxoffice.ts", "node_modules"} { // by somebody who has tried the program where it is
		require.NoError(t, os.RemoveAll(filepath.Join(folder, made)))
	}
	return folder
}

// run runs a command to its end and returns what it has printed.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = dir, env
	var errOut strings.Builder
	command.Stderr = &errOut
	out, err := command.Output()
	require.NoError(t, err, "%s %s\n%s%s", name, strings.Join(args, " "), out, errOut.String())
	return string(out)
}

// requireBought wants a booking that was just printed to be paid from the wallet, with a ticket.
func requireBought(t *testing.T, buyer *customer.Customer, printed string) {
	t.Helper()
	bought, err := buyer.Booking(t.Context(), strings.TrimSpace(printed))
	require.NoError(t, err, printed)
	require.Equal(t, booking.StatusConfirmed, bought.Status)
	require.NotNil(t, bought.Ticket)
	require.Len(t, bought.Payments, 1)
	require.Equal(t, booking.MethodWallet, bought.Payments[0].Method)
}
