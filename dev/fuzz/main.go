// Fuzz sends requests that are drawn from the API's contract, valid ones and ones that break it, to a whole system of its own: API, worker,
// Temporal, PostgreSQL and payment simulator as processes. It learns ids from the answers, so that later requests get further. Meanwhile some
// customers do everything right. Then the system has to be alive, its books right without grace, and nothing may be stuck or have panicked. The same seed
// draws the same requests, as far as the answers are.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/boxoffice/boxoffice/dev/apifuzz"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/tool"
)

func main() { tool.Main("fuzz", run) }

// options are the command line.
type options struct {
	requests, clients, seed int
	most                    time.Duration
	// operations are those to which requests are sent.
	operations tool.Scenarios[apifuzz.Operation]
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o := options{}
	flags := tool.Flags("fuzz", out)
	flags.IntVar(&o.requests, "requests", 5000, "how many requests are sent")
	flags.IntVar(&o.clients, "clients", 4, "how many are under way at a time")
	flags.IntVar(&o.seed, "seed", rand.IntN(1<<31), "what is drawn") //nolint:gosec // it guards nothing
	flags.DurationVar(&o.most, "most", 10*time.Minute, "after how long no more requests are begun")
	contract, err := loadContract(ctx)
	if err != nil {
		return err
	}
	if o.operations, err = operations(contract).Parse(flags, args); err != nil {
		return err
	}
	if o.requests < 1 || o.clients < 1 || o.most <= 0 {
		return errors.New("requests, clients and their time must be positive")
	}
	fmt.Fprintf(out, "starting a system of its own; -seed=%d draws the same again\n", o.seed)
	s, err := openSystem(ctx, contract)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	found, err := s.throw(ctx, o)
	if err != nil {
		return err
	}
	found.print(out, o.operations)
	return errors.Join(found.err(), s.survived(ctx, out))
}

func loadContract(ctx context.Context) (*apifuzz.Contract, error) {
	root, err := stack.FindRoot()
	if err != nil {
		return nil, err
	}
	return apifuzz.Load(ctx, filepath.Join(root, "api", "openapi.yaml"))
}

// operations are those of the contract.
func operations(contract *apifuzz.Contract) (all tool.Scenarios[apifuzz.Operation]) {
	for _, op := range contract.Operations() {
		all = append(all, tool.Scenario[apifuzz.Operation]{Name: op.OperationID, About: op.Method + " " + op.Path, Play: op})
	}
	return all
}
