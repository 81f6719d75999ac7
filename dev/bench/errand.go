package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/boxoffice/boxoffice/dev/child"
)

// errandVariable names the environment variable that makes this program carry out one errand instead of the bench.
const errandVariable = "BOXOFFICE_BENCH_ERRAND"

// errandWork is what an errand does: it reads its orders as JSON from in and writes its answers as JSON to out. Its ctx ends when the bench
// wants it to end.
type errandWork func(ctx context.Context, in *json.Decoder, out *json.Encoder) error

// errands are what this program does in processes of their own, so that their processor time and memory are not mixed with those of the bench, as the
// API's are not.
func errands() map[string]errandWork {
	return map[string]errandWork{
		"audit": carryOutAudit,
		"floor": serveFloor,
	}
}

// carryOut is the whole life of a process that has an errand.
func carryOut(name string) error {
	work, there := errands()[name]
	if !there {
		return fmt.Errorf("there is no errand %q", name)
	}
	// The signal to end may come when the errand is just over, which is no failure, so it is caught until the process ends.
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	return work(ctx, json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout))
}

// errand is a process that carries one out. It ends with the bench, however that ends.
type errand struct {
	cmd *exec.Cmd
	out *json.Decoder
}

// startErrand starts a process, with its orders.
func startErrand(name string, orders any) (*errand, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return startProgram(program, name, orders)
}

// startProgram starts a program that carries out an errand in the same way.
func startProgram(program, name string, orders any) (*errand, error) {
	encoded, err := json.Marshal(orders)
	if err != nil {
		return nil, err
	}
	e := &errand{cmd: exec.Command(program)} //nolint:noctx // stop ends it
	e.cmd.Env = append(os.Environ(), errandVariable+"="+name)
	e.cmd.Stderr = os.Stderr
	in, err := e.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.out = json.NewDecoder(out)
	if err := child.Start(e.cmd, syscall.SIGKILL); err != nil {
		return nil, fmt.Errorf("start the errand %s: %w", name, err)
	}
	if _, err := in.Write(encoded); err != nil {
		return nil, errors.Join(fmt.Errorf("give the errand %s its orders: %w", name, err), e.stop())
	}
	return e, in.Close()
}

// answer waits for the errand's next answer.
func (e *errand) answer(into any) error {
	if err := e.out.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it ended")
		}
		return fmt.Errorf("wait for the errand's answer: %w", err)
	}
	return nil
}

// pid is the id of the errand's process.
func (e *errand) pid() int { return e.cmd.Process.Pid }

// stop ends the errand and waits for its end.
func (e *errand) stop() error {
	return errors.Join(child.Signal(e.cmd.Process, syscall.SIGTERM), e.cmd.Wait())
}
