package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The test binary also plays the programs of the stack, under their names.
const fakeVariable = "STACK_TEST_FAKE"

func TestMain(m *testing.M) {
	if os.Getenv(fakeVariable) == "" {
		os.Exit(m.Run())
	}
	if err := fake(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// fakeCall is how a fake was called; each call is a line of the file that STACK_TEST_FAKE names.
type fakeCall struct {
	Program string
	Args    []string
	Env     map[string]string
}

func fake(program string, args []string) error {
	call := fakeCall{Program: program, Args: args, Env: map[string]string{}}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		call.Env[name] = value
	}
	text, err := json.Marshal(call)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(os.Getenv(fakeVariable), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch {
	case program == "temporal":
		fmt.Println("ready frontend=fake ui=fake")
	case program == "stripesim", program == "mailbox":
		return serve(ctx, args[slices.Index(args, "--addr")+1])
	case args[0] == "worker":
		fmt.Println(`level=WARN msg="a warning of the fake"`)
		fmt.Println(`level=INFO msg="worker started"`)
	case args[0] == "audit":
		fmt.Println("the books are what they are")
		os.Exit(len(args) - 1) //nolint:revive // its exit code is what is tested
	case args[0] == "api":
		return serve(ctx, os.Getenv("BOXOFFICE_API_ADDR"))
	case os.Getenv("STACK_TEST_FAIL") == args[0]:
		return errors.New("the fake fails as told")
	default:
		return nil
	}
	<-ctx.Done()
	return nil
}

func serve(ctx context.Context, addr string) error {
	everything := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: addr, Handler: everything, ReadHeaderTimeout: eventually}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// fakeOptions are those of a stack whose programs are fakes, and the file with their calls.
func fakeOptions(t *testing.T, parts ...Part) (opts Options, calls func() []fakeCall) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	bin, record := t.TempDir(), filepath.Join(t.TempDir(), "calls")
	env := map[Part][]string{}
	for _, program := range []string{"boxoffice", "temporal", "stripesim", "mailbox"} {
		require.NoError(t, os.Symlink(self, filepath.Join(bin, program)))
	}
	for _, part := range AllParts() {
		env[part] = []string{fakeVariable + "=" + record}
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // the account of PostgreSQL walks through
	opts = Options{Dir: filepath.Join(dir, "data"), Binaries: bin, Parts: parts, Env: env, Log: func(line string) { t.Log(line) }}
	return opts, func() []fakeCall {
		text, err := os.ReadFile(record)
		require.NoError(t, err)
		var calls []fakeCall
		for line := range strings.Lines(string(text)) {
			var call fakeCall
			require.NoError(t, json.Unmarshal([]byte(line), &call))
			calls = append(calls, call)
		}
		return calls
	}
}
