package readme

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
)

var (
	// link is a link or an image of Markdown, with where it leads.
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	// title is a heading.
	title = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// fenced is a block of code, in which nothing is a heading.
	fenced = regexp.MustCompile("(?ms)^```.*?^```$")
	// example is a row of development.md that follows something through a file: a link to it, and what stands there.
	example = regexp.MustCompile("(?m)^\\| \\[[^]]+\\]\\(([^)]+)\\) \\| `([^`]+)` \\|")
)

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	all := pages(t, root)
	for _, p := range all {
		for _, found := range link.FindAllStringSubmatch(p.text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := p.path
			if target != "" {
				path = filepath.Join(filepath.Dir(p.path), target)
			}
			_, err := os.Stat(filepath.Join(root, path))
			require.NoError(t, err, "a link in %s", p.path)
			if anchor != "" {
				at := slices.IndexFunc(all, func(p page) bool { return p.path == path })
				require.GreaterOrEqual(t, at, 0, "%s in %s leads into something that is no page", found[1], p.path)
				require.Contains(t, anchors(all[at].text), anchor, "%s in %s", found[1], p.path)
			}
		}
	}
}

// anchors are where links into a page may lead: its headings, as GitHub spells them.
func anchors(text string) (all []string) {
	for _, heading := range title.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, heading[1]))
	}
	return all
}

func TestTheExamplesOfDevelopmentAreInTheCode(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	found := example.FindAllStringSubmatch(text(t, root, "docs/development.md"), -1)
	require.NotEmpty(t, found)
	for _, row := range found {
		require.Contains(t, text(t, root, filepath.Join("docs", row[1])), row[2], row[1])
	}
}

func text(t *testing.T, root, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(content)
}

func TestREADMEIsReadInAMinute(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	document := text(t, root, "README.md")
	require.LessOrEqual(t, len(document), 8<<10)
	for line := range strings.Lines(document) {
		if !strings.HasPrefix(line, "![") { // what an image shows is said in one line
			require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 120, line)
		}
	}
}

// port is a row of the ports of `make run`.
var port = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| [^|]+ \\| `(\\d+)` \\|$")

func TestTheDocumentListsThePortsOfMakeRun(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	var got, want stack.Ports
	env := map[string]string{}
	for _, row := range port.FindAllStringSubmatch(text(t, root, "docs/configuration.md"), -1) {
		env[row[1]] = row[2]
	}
	require.NoError(t, got.FromEnvironment(func(name string) string { return env[name] }))
	want = stack.DefaultPorts()
	require.Equal(t, want, got)
}
