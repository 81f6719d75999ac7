// The recorder plays every path of the workflows on a private copy of the whole system and keeps each workflow's history, for the replay tests. It
// checks that every path ends as it should, writes nothing for one that does not, and has the books audited in the end.
//
// Paths that take minutes are recorded only when they are named: go run ./dev/record -only processing_past_grace.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/boxoffice/boxoffice/dev/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := flag.String("out", "", "folder to write the histories to; workflows/testdata/histories when empty")
	only := flag.String("only", "", "comma-separated names of the paths to record; all but the slow ones when empty")
	flag.Parse()
	if err := run(ctx, *out, split(*only)); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, out string, names []string) (err error) {
	wanted, err := choose(phases(), names)
	if err != nil {
		return err
	}
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
	defer func() { err = errors.Join(err, s.close(context.WithoutCancel(ctx))) }()
	fmt.Printf("system started in %s\n", time.Since(began).Round(time.Second))
	for _, p := range wanted {
		err = errors.Join(err, s.record(ctx, p))
	}
	if err == nil {
		err = s.checkBooks(ctx)
	}
	fmt.Printf("%d histories in %s\n", s.written.Load(), time.Since(began).Round(time.Second))
	return err
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
