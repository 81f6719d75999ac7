package tool

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Scenario is one of the things that a program can play: a subject, a story, a path.
type Scenario[T any] struct {
	Name string
	// About is what it shows, in one line.
	About string
	// Slow ones are played only when they are asked for by name.
	Slow bool
	// Play is what the program needs to play it.
	Play T
}

// Scenarios are all that a program can play, in the order in which it plays them.
type Scenarios[T any] []Scenario[T]

// Parse reads a command line and gives the scenarios that it asks for: with -only those that it names, in that order, otherwise all but the slow
// ones. -list prints all of them, and ends the program as -help does.
func (all Scenarios[T]) Parse(flags *flag.FlagSet, args []string) (Scenarios[T], error) {
	only := flags.String("only", "", "play the scenarios with these `names` alone, separated by commas; -list says which there are")
	list := flags.Bool("list", false, "list the scenarios, and play none")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *list {
		return nil, all.list(flags)
	}
	return all.choose(strings.FieldsFunc(*only, func(r rune) bool { return r == ',' || r == ' ' }))
}

func (all Scenarios[T]) choose(names []string) (Scenarios[T], error) {
	var chosen Scenarios[T]
	for _, name := range names {
		at := slices.IndexFunc(all, func(s Scenario[T]) bool { return s.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(all.Names(), ", "))
		}
		chosen = append(chosen, all[at])
	}
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(all), func(s Scenario[T]) bool { return s.Slow }), nil
	}
	return chosen, nil
}

// list prints a line for each.
func (all Scenarios[T]) list(flags *flag.FlagSet) error {
	table := tabwriter.NewWriter(flags.Output(), 0, 0, 2, ' ', 0)
	for _, s := range all {
		slow := ""
		if s.Slow {
			slow = " (slow: only when it is named)"
		}
		fmt.Fprintf(table, "%s\t%s%s\n", s.Name, s.About, slow)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return flag.ErrHelp
}

// Names are those of all.
func (all Scenarios[T]) Names() []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.Name
	}
	return names
}
