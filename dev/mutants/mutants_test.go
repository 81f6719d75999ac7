package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// A reason for code that is no longer there would excuse whatever comes into its place.
func TestEveryKnownMutantIsStillInTheCode(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	known, err := readKnown(filepath.Join(root, "dev", "mutants", "known.tsv"))
	require.NoError(t, err)
	require.NotEmpty(t, known)
	for at := range known {
		content, err := os.ReadFile(filepath.Join(root, at.file))
		require.NoError(t, err)
		found := false
		for line := range strings.SplitSeq(string(content), "\n") {
			found = found || strings.TrimSpace(line) == at.line
		}
		require.True(t, found, "%s has no line %q", at.file, at.line)
		require.LessOrEqual(t, at.column, len(at.line))
	}
}

func TestASurvivorIsKnownByItsLineHoweverFarItHasMoved(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "shop"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(root, "shop", "till.go"), []byte("package shop\n\n\tif a < b && c < d {\n\tif a < b {\n"), 0o600))
	known := map[place]string{{file: "shop/till.go", kind: "CONDITIONALS_BOUNDARY", line: "if a < b && c < d {", column: 6}: "never equal"}
	boundary := func(status string, line, column int) mutation {
		return mutation{File: "till.go", Kind: "CONDITIONALS_BOUNDARY", Status: status, Line: line, Column: column}
	}

	result, err := judge(root, "shop", []mutation{
		boundary(lived, 4, 7), boundary(lived, 3, 15), boundary(lived, 3, 7), boundary(killed, 4, 7), boundary(timedOut, 4, 7), boundary(notCovered, 4, 7),
		{File: "till.go", Kind: "CONDITIONALS_NEGATION", Status: "NOT VIABLE", Line: 3, Column: 7},
	}, known)

	require.NoError(t, err)
	require.Equal(t, `shop: 2 of 4 mutants noticed, 50.0 %; 1 make no difference, 1 are not reached by the package's own tests
not reached:
  shop/till.go:4:7 CONDITIONALS_BOUNDARY
      if a < b {
survived:
  shop/till.go:3:15 CONDITIONALS_BOUNDARY
      if a < b && c < d {
      shop/till.go	CONDITIONALS_BOUNDARY	14	if a < b && c < d {	why
  shop/till.go:4:7 CONDITIONALS_BOUNDARY
      if a < b {
      shop/till.go	CONDITIONALS_BOUNDARY	6	if a < b {	why
`, result.String())
}

func TestWhatIsNoReasonIsRefused(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no reason":       "pricing/refund.go\tCONDITIONALS_BOUNDARY\t6\tif a < b {\n",
		"an empty reason": "pricing/refund.go\tCONDITIONALS_BOUNDARY\t6\tif a < b {\t\n",
		"no column":       "pricing/refund.go\tCONDITIONALS_BOUNDARY\tsix\tif a < b {\tbecause\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "known.tsv")
			require.NoError(t, os.WriteFile(file, []byte("# why\n\n"+content), 0o600))
			_, err := readKnown(file)
			require.ErrorContains(t, err, file)
		})
	}
}

// gremlins says of both that they were killed.
func TestAMutantThatDoesNotCompileDoesNotCount(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "shop"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com\n\ngo 1.26\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "shop", "till.go"), []byte(`package shop

func sum(a, b int) int { return a + b }

func greet(name string) string { return "Hello " + name }
`), 0o600))
	number := mutation{File: "till.go", Kind: "ARITHMETIC_BASE", Status: killed, Line: 3, Column: 35}
	text := mutation{File: "till.go", Kind: "ARITHMETIC_BASE", Status: killed, Line: 5, Column: 50}

	viable, err := withoutUncompilable(t.Context(), root, "shop", []mutation{number, text}, t.TempDir())

	require.NoError(t, err)
	require.Equal(t, []mutation{number}, viable)
}

func TestOnlyTheWantedFilesAreChanged(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"a.go", "b.go", "b_test.go", "c.sql"} {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
	}
	others, err := leaveOut(root, ".", nil)
	require.NoError(t, err)
	require.Empty(t, others)
	others, err = leaveOut(root, ".", []string{"a.go"})
	require.NoError(t, err)
	require.Equal(t, []string{"b.go"}, others)
	_, err = leaveOut(root, ".", []string{"a.go", "z.go"})
	require.ErrorContains(t, err, "z.go")
}

func TestTestsAreNeverTakenFromTheCache(t *testing.T) {
	t.Parallel()
	require.Equal(t, "-count=1 -vet=off", goFlags("", ""))
	require.Equal(t, "-mod=mod -count=1 -vet=off -run=TestA|TestB", goFlags("-mod=mod", "TestA|TestB"))
}
