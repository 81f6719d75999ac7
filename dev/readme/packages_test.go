package readme

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/boxoffice/boxoffice/dev/stack"
)

const (
	module = "github.com/boxoffice/boxoffice/"
	// everything is what a package imports that wires others together.
	everything = "everything"
)

// row is one of the table of packages: the package, or with /… all below a folder, and what it imports of ours.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| ([^|]+) \\|$")

func TestTheTableOfPackagesIsThatOfTheCode(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	said := tableOfPackages(t, root)
	imports := importsOfOurs(t, root)
	for name, of := range imports {
		if mayImportEverything(said, name) {
			continue
		}
		require.Contains(t, said, name, "a package without a row")
		want := "nothing"
		if len(of) > 0 {
			want = "`" + strings.Join(of, "`, `") + "`"
		}
		require.Equal(t, want, said[name], "what %s imports", name)
	}
	for name := range said {
		area, all := strings.CutSuffix(name, "/…")
		_, there := imports[name]
		for other := range imports {
			there = there || all && strings.HasPrefix(other, area+"/")
		}
		require.True(t, there, "the row of %s is about nothing", name)
	}
}

func TestEveryFolderOfPackagesIsOnTheMap(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	_, folders, found := strings.Cut(text(t, root, "README.md"), "| folder | what is in it |\n")
	require.True(t, found)
	folders, _, _ = strings.Cut(folders, "\n\n")
	for name := range importsOfOurs(t, root) {
		folder, _, _ := strings.Cut(name, "/")
		require.Contains(t, folders, "`"+folder+"/", "README's list of folders")
	}
}

// tableOfPackages is the one of development.md: what it says of each package.
func tableOfPackages(t *testing.T, root string) map[string]string {
	t.Helper()
	_, table, found := strings.Cut(text(t, root, "docs/development.md"), "| package | what is in it | imports |\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	said := map[string]string{}
	for _, cells := range row.FindAllStringSubmatch(table+"\n", -1) {
		said[cells[1]] = cells[2]
	}
	return said
}

// mayImportEverything says that a package is in a folder that wires others together.
func mayImportEverything(said map[string]string, name string) bool {
	area, _, below := strings.Cut(name, "/")
	return below && said[area+"/…"] == everything
}

func TestEveryPackageHasARuleOfItsImports(t *testing.T) {
	t.Parallel()
	root, err := stack.FindRoot()
	require.NoError(t, err)
	var config struct {
		Linters struct {
			Settings struct {
				Depguard struct {
					Rules map[string]struct {
						Files []string `yaml:"files"`
					} `yaml:"rules"`
				} `yaml:"depguard"`
			} `yaml:"settings"`
		} `yaml:"linters"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text(t, root, ".golangci.yaml")), &config))
	// A rule is that of a package when it is about its files, and those below.
	var ruled []string
	for name, rule := range config.Linters.Settings.Depguard.Rules {
		for _, files := range rule.Files {
			if strings.HasPrefix(files, "!") || strings.HasPrefix(files, "$all") {
				continue
			}
			folder, below := strings.CutPrefix(files, "${config-path}/")
			folder, recursive := strings.CutSuffix(folder, "/**")
			require.True(t, below && recursive, "%s in rule %s: want ${config-path}/folder/**, so that it grows with the folder", files, name)
			ruled = append(ruled, folder)
		}
	}
	packages, said := importsOfOurs(t, root), tableOfPackages(t, root)
	for name := range packages {
		if mayImportEverything(said, name) {
			continue
		}
		require.True(t, slices.ContainsFunc(ruled, func(folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }),
			"%s has no rule under depguard in .golangci.yaml", name)
	}
	for _, folder := range ruled {
		there := false
		for name := range packages {
			there = there || name == folder || strings.HasPrefix(name, folder+"/")
		}
		require.True(t, there, "a rule is about %s, where there is no package", folder)
	}
}

// importsOfOurs are all packages of the product and of dev, with what their code imports of ours, sorted. Tests do not count.
func importsOfOurs(t *testing.T, root string) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	list.Dir = root
	listed, err := list.Output()
	require.NoError(t, err)
	all := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(listed))); ; {
		var found struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&found)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		ours := []string{}
		for _, path := range found.Imports {
			if name, ok := strings.CutPrefix(path, module); ok {
				ours = append(ours, name)
			}
		}
		slices.Sort(ours)
		all[strings.TrimPrefix(found.ImportPath, module)] = ours
	}
	require.NotEmpty(t, all)
	return all
}
