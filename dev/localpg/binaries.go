package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// ErrNotInstalled says that PostgreSQL's programs were not found in any usual place.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: install the package \"postgresql\" " +
	"(apt-get install postgresql, dnf install postgresql-server postgresql-contrib, brew install postgresql@17) " +
	"or put initdb and postgres on the PATH")

// Binaries are the programs of one PostgreSQL installation.
type Binaries struct {
	// Initdb and Postgres are absolute paths.
	Initdb, Postgres string
}

// Find looks for PostgreSQL's server programs: on the PATH, where pg_config says, and in the folders that
// distributions use, newest version first. The error is ErrNotInstalled when there are none.
func Find(ctx context.Context) (Binaries, error) {
	for _, dir := range candidateDirs(ctx) {
		if b, ok := binariesIn(dir); ok {
			return b, nil
		}
	}
	return Binaries{}, ErrNotInstalled
}

func candidateDirs(ctx context.Context) []string {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",                            // Debian, Ubuntu
		"/usr/pgsql-*/bin",                                     // PGDG on Red Hat
		"/opt/homebrew/opt/postgresql@*/bin",                   // Homebrew on Apple silicon
		"/usr/local/opt/postgresql@*/bin",                      // Homebrew on Intel
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",      // Homebrew on Linux
		"/Applications/Postgres.app/Contents/Versions/*/bin",   // Postgres.app
		"/usr/libexec/postgresql*", "/usr/lib/postgresql*/bin", // Alpine, SUSE
		"/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/lib64/pgsql/bin", // source, others
	} {
		found, _ := filepath.Glob(pattern) // the patterns are constants and well formed
		dirs = append(dirs, newestFirst(found)...)
	}
	return dirs
}

var number = regexp.MustCompile(`\d+`)

// newestFirst sorts folders by the last number in their name, the PostgreSQL version.
func newestFirst(dirs []string) []string {
	version := func(dir string) int {
		numbers := number.FindAllString(dir, -1)
		if len(numbers) == 0 {
			return 0
		}
		n, _ := strconv.Atoi(numbers[len(numbers)-1])
		return n
	}
	sort.SliceStable(dirs, func(i, j int) bool { return version(dirs[i]) > version(dirs[j]) })
	return dirs
}

// binariesIn follows symbolic links, because both programs find their libraries beside their real path.
func binariesIn(dir string) (Binaries, bool) {
	resolve := func(name string) (string, bool) {
		path, err := filepath.EvalSymlinks(filepath.Join(dir, name))
		if err != nil {
			return "", false
		}
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return "", false
		}
		path, err = filepath.Abs(path)
		return path, err == nil
	}
	initdb, ok1 := resolve("initdb")
	postgres, ok2 := resolve("postgres")
	return Binaries{Initdb: initdb, Postgres: postgres}, ok1 && ok2
}

// FindOrInstall is Find, and when nothing is found and this process may (root, with a known package manager) it
// installs the distribution's package first, saying so through progress, which may be nil.
func FindOrInstall(ctx context.Context, progress func(line string)) (Binaries, error) {
	b, err := Find(ctx)
	if err == nil || os.Geteuid() != 0 {
		return b, err
	}
	commands := installCommands()
	if commands == nil {
		return b, err
	}
	if err := preventCluster(); err != nil {
		return b, fmt.Errorf("prepare the installation of PostgreSQL: %w", err)
	}
	for _, command := range commands {
		if progress != nil {
			progress("installing PostgreSQL: " + strings.Join(command, " "))
		}
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return b, fmt.Errorf("install PostgreSQL with %q: %w: %s", strings.Join(command, " "), err, lastLines(string(out), 5))
		}
	}
	return Find(ctx)
}

// preventCluster keeps Debian's package from making and starting a cluster of its own when it is installed, unless
// the machine's administrator has decided about that already.
func preventCluster() error {
	const folder = "/etc/postgresql-common"
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // a folder of the system, which everybody reads
		return err
	}
	file, err := os.OpenFile(folder+"/createcluster.conf", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // likewise
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString("create_main_cluster = false\n")
	return errors.Join(err, file.Close())
}

// installCommands are the commands that install the server with this machine's package manager, nil if unknown.
func installCommands() [][]string {
	has := func(program string) bool { _, err := exec.LookPath(program); return err == nil }
	switch {
	case has("apt-get"):
		return [][]string{
			{"apt-get", "update", "-q"},
			{"apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", "postgresql"},
		}
	case has("dnf"):
		return [][]string{{"dnf", "install", "-y", "-q", "postgresql-server", "postgresql-contrib"}}
	case has("apk"):
		return [][]string{{"apk", "add", "--no-cache", "postgresql", "postgresql-contrib"}}
	}
	return nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, " | ")
}
