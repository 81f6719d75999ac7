// Command mutants changes the code of packages in one small place at a time and has their tests notice. A mutant that no test notices has
// survived: either a rule is without a test, or the change makes no difference. Those of the second kind are in known.tsv, each with its
// reason; any other survivor fails the command.
//
// The mutants are made by gremlins. It knows conditions, their boundaries, logic and arithmetic; statements that could be left out it does not
// know, nor constants.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/tool"
)

// cheap are packages whose tests take a second, so that all of their mutants take a minute or two.
var cheap = []string{"pricing", "booking"}

func main() { tool.Main("mutants", run) }

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := tool.Flags("mutants", out)
	only := flags.String("files", "", "comma-separated files to change, by their names without folders; all of a package when empty")
	tests := flags.String("run", "", "regular expression of the tests that are to notice; all of a package when empty")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(out, "usage: mutants [-files a.go,b.go] [-run tests] [package ...]; without a package: pricing and booking")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	packages, files := flags.Args(), split(*only)
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	known, err := readKnown(filepath.Join(root, "dev", "mutants", "known.tsv"))
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		packages = cheap
	}
	survived := 0
	for _, pkg := range packages {
		pkg = strings.TrimPrefix(filepath.ToSlash(filepath.Clean(pkg)), "./")
		found, err := unleash(ctx, root, pkg, files, *tests)
		if err != nil {
			return fmt.Errorf("%s: %w", pkg, err)
		}
		result, err := judge(root, pkg, found, known)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprint(out, result)
		survived += len(result.survivors)
	}
	if survived > 0 {
		return errors.New("some mutants survived: write the test that states the rule, or add the mutant to known.tsv with the reason why it makes no difference")
	}
	return nil
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
