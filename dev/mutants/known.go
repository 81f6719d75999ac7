package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// place is where a mutant is, by the text of its line, so that it is found again after others have moved it.
type place struct {
	// file is that of the repository, line is without the white space around it, and column counts its bytes from one.
	file, kind, line string
	column           int
}

// readKnown reads the mutants that make no difference: file, kind, column and line of each, and why, with tabs in between.
func readKnown(path string) (map[place]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	known := map[place]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text := lines.Text(); text != "" && !strings.HasPrefix(text, "#") {
			fields := strings.Split(text, "\t")
			if len(fields) != 5 || slices.Contains(fields, "") {
				return nil, fmt.Errorf("%s: not file, kind, column, line and reason: %q", path, text)
			}
			at := place{file: fields[0], kind: fields[1], line: fields[3]}
			if _, err := fmt.Sscanf(fields[2], "%d", &at.column); err != nil {
				return nil, fmt.Errorf("%s: no column: %q", path, text)
			}
			known[at] = fields[4]
		}
	}
	return known, nil
}

// result is how the mutants of a package fared.
type result struct {
	pkg                                 string
	killed, survived, known, notCovered int
	// survivors and uncovered are lines for the reader.
	survivors, uncovered []string
}

// judge tells the mutants that nobody knew to survive from the others.
func judge(root, pkg string, found []mutation, known map[place]string) (result, error) {
	slices.SortFunc(found, func(a, b mutation) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Kind, b.Kind))
	})
	r := result{pkg: pkg}
	for _, m := range found {
		at, err := locate(root, pkg, m)
		if err != nil {
			return r, err
		}
		text := fmt.Sprintf("  %s:%d:%d %s\n      %s\n", at.file, m.Line, m.Column, m.Kind, at.line)
		switch m.Status {
		case killed, timedOut:
			r.killed++
		case notCovered:
			r.notCovered++
			r.uncovered = append(r.uncovered, text)
		case lived:
			if _, is := known[at]; is {
				r.known++
				continue
			}
			r.survived++
			r.survivors = append(r.survivors, text+fmt.Sprintf("      %s\t%s\t%d\t%s\twhy\n", at.file, at.kind, at.column, at.line))
		}
	}
	return r, nil
}

func locate(root, pkg string, m mutation) (place, error) {
	at := place{file: pkg + "/" + m.File, kind: m.Kind}
	content, err := os.ReadFile(filepath.Join(root, pkg, m.File))
	if err != nil {
		return at, err
	}
	lines := strings.Split(string(content), "\n")
	if m.Line < 1 || m.Line > len(lines) {
		return at, fmt.Errorf("%s has no line %d", at.file, m.Line)
	}
	line := lines[m.Line-1]
	at.line = strings.TrimSpace(line)
	at.column = m.Column - strings.Index(line, at.line)
	return at, nil
}

// String is the score and whatever has survived.
func (r result) String() string {
	var text strings.Builder
	noticed, all := r.killed, r.killed+r.survived
	_, _ = fmt.Fprintf(&text, "%s: %d of %d mutants noticed, %.1f %%; %d make no difference, %d are not reached by the package's own tests\n",
		r.pkg, noticed, all, 100*float64(noticed)/float64(max(all, 1)), r.known, r.notCovered)
	if len(r.uncovered) > 0 {
		text.WriteString("not reached:\n" + strings.Join(r.uncovered, ""))
	}
	if len(r.survivors) > 0 {
		text.WriteString("survived:\n" + strings.Join(r.survivors, ""))
	}
	return text.String()
}
