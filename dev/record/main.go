// The recorder plays every path of the workflows on a private copy of the whole system and keeps each workflow's history, for the replay tests. It
// checks that every path ends as it should, writes nothing for one that does not, and has the books audited in the end.
//
// Paths that take minutes are recorded only when they are named: go run ./dev/record -only processing_past_grace.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/tool"
)

func main() { tool.Main("record", run) }

func run(ctx context.Context, args []string, said io.Writer) (err error) {
	flags := tool.Flags("record", said)
	folder := flags.String("out", "", "folder to write the histories to; workflows/testdata/histories when empty")
	all := phases()
	chosen, err := scenarios(all).Parse(flags, args)
	if err != nil {
		return err
	}
	out := *folder
	if out == "" {
		root, err := stack.FindRoot()
		if err != nil {
			return err
		}
		out = filepath.Join(root, "workflows", "testdata", "histories")
	}

	began := time.Now()
	s, err := openStudio(ctx, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	fmt.Fprintf(said, "system started in %s\n", time.Since(began).Round(time.Second))
	for _, p := range keep(all, chosen.Names()) {
		err = errors.Join(err, s.record(ctx, p))
	}
	if err == nil {
		err = s.checkBooks(ctx)
	}
	fmt.Fprintf(said, "%d histories in %s\n", s.written.Load(), time.Since(began).Round(time.Second))
	return err
}

// checkBooks runs the product's audit without grace, because every path brings its money to an end. What only waits for an operator is no error.
func (s *studio) checkBooks(ctx context.Context) error {
	report, err := s.Boxoffice(ctx, "audit", "--grace", "0s", "--recheck", "5s")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, report)
	}
	return nil
}
