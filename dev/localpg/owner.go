package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// fallbackRoot holds the clusters whose own folder the account of PostgreSQL cannot reach.
const fallbackRoot = "/var/lib/boxoffice"

// owner is the account that PostgreSQL runs as. Nil means this process's own: only root must change, because
// PostgreSQL refuses to run as root.
type owner struct {
	name     string
	uid, gid uint32
}

func findOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("account %s: %w", name, err)
		}
		return &owner{name, uint32(uid), uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")
}

// apply makes cmd run as the owner, from a folder that every account can enter.
func (o *owner) apply(cmd *exec.Cmd) {
	cmd.Dir = "/"
	if o != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
	}
}

func (o *owner) chown(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// reaches tries, rather than computes from mode bits, whether the owner can enter dir.
func (o *owner) reaches(ctx context.Context, dir string) bool {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `cd -- "$1" && test -w .`, "sh", dir)
	o.apply(cmd)
	return cmd.Run() == nil
}

// Locate makes the folder of a cluster and says where it is: the wanted one, or, when the account that PostgreSQL
// must run as cannot reach that (a repository under /root, say), one below /var/lib/boxoffice that is named after it.
func Locate(ctx context.Context, wanted string) (string, error) {
	o, err := findOwner()
	if err != nil {
		return "", err
	}
	return locate(ctx, o, wanted)
}

func locate(ctx context.Context, o *owner, wanted string) (string, error) {
	wanted, err := filepath.Abs(wanted)
	if err != nil {
		return "", err
	}
	if err := makeFolder(o, wanted); err != nil {
		return "", err
	}
	if o == nil || o.reaches(ctx, wanted) {
		return wanted, nil
	}
	fallback := fallbackFor(wanted)
	if err := makeFolder(o, fallback); err != nil {
		return "", err
	}
	if !o.reaches(ctx, fallback) {
		return "", fmt.Errorf("the account %s, which PostgreSQL runs as, can reach neither %s nor %s", o.name, wanted, fallback)
	}
	return fallback, nil
}

func fallbackFor(wanted string) string {
	sum := sha256.Sum256([]byte(wanted))
	return filepath.Join(fallbackRoot, hex.EncodeToString(sum[:8]))
}

// MakeScratch makes a temporary folder through which PostgreSQL's account can walk; what is put inside has narrow modes of its own.
func MakeScratch(name string) (string, error) { return makeScratch("", name) }

// MakeMemoryScratch is MakeScratch in memory, where the machine has room for that and TMPDIR names no other place: databases are copied four
// times as fast there. It is for what tests throw away, not for what is measured.
func MakeMemoryScratch(name string) (string, error) {
	if os.Getenv("TMPDIR") == "" && roomIn(sharedMemory) >= memoryRoom {
		if dir, err := makeScratch(sharedMemory, name); err == nil {
			return dir, nil
		}
	}
	return MakeScratch(name)
}

const (
	// sharedMemory is where Linux has files in memory.
	sharedMemory = "/dev/shm"
	// memoryRoom is how many bytes have to be free there: several clusters at once, and what else needs memory.
	memoryRoom = 4 << 30
)

// roomIn is how many bytes are free in a file system; none where there is no such folder.
func roomIn(dir string) uint64 {
	var system syscall.Statfs_t
	if syscall.Statfs(dir, &system) != nil {
		return 0
	}
	return system.Bavail * uint64(system.Bsize) //nolint:gosec // blocks have a size, whose type is not the same everywhere
}

func makeScratch(parent, name string) (string, error) {
	dir, err := os.MkdirTemp(parent, "boxoffice-"+name+"-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // see above
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

func makeFolder(o *owner, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // the server's account must walk through
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return o.chown(dir)
}

// Remove deletes the cluster that Locate(wanted) names, wherever it is. It refuses while its server runs.
func Remove(ctx context.Context, wanted string) error {
	wanted, err := filepath.Abs(wanted)
	if err != nil {
		return err
	}
	for _, dir := range []string{wanted, fallbackFor(wanted)} {
		if pid, running := runningIn(ctx, filepath.Join(dir, dataFolder)); running {
			return fmt.Errorf("%w: process %d in %s", ErrRunning, pid, dir)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}
