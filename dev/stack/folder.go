package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/boxoffice/boxoffice/dev/localpg"
)

const (
	secretsFile     = "secrets.json"
	lockFile        = "lock"
	logFolder       = "logs"
	clusterFolder   = "postgres"
	simulatorFolder = "stripesim"
	// logLimit is the size in bytes above which a log is set aside when its part starts.
	logLimit = 16 << 20
)

// ErrInUse says that a data folder cannot be reset while parts run on it, or the other way round.
var ErrInUse = errors.New("the data folder is in use")

// openFolder makes the data folder and holds a shared lock on it until the returned file is closed.
func openFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's account must walk through
		return nil, err
	}
	for _, name := range []string{logFolder, simulatorFolder} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
	}
	return lock(dir, syscall.LOCK_SH)
}

func lock(dir string, how int) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return file, nil
}

// unlock releases a data folder. To close the file is not enough: a process that is being forked at this moment has it open, too, until it runs its
// program.
func unlock(file *os.File) {
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // the only error is that the file was closed before
	_ = file.Close()
}

// Reset forgets everything that the stack keeps in dir. The error is ErrInUse while parts run on it.
func Reset(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	held, err := lock(dir, syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock(held)
	if err := localpg.Remove(ctx, filepath.Join(dir, clusterFolder)); err != nil {
		return err
	}
	for _, name := range []string{logFolder, simulatorFolder, secretsFile, lockFile} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	_ = os.Remove(dir) // stays if somebody keeps other things in it
	return nil
}

// openLog opens a part's log for appending. A long one is first set aside, in place of the one set aside before.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}
