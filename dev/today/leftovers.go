package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// sharedMemory is where libfaketime keeps what a process shares with its children.
const sharedMemory = "/dev/shm"

// leftover is the name of what libfaketime keeps, with the number of its process.
var leftover = regexp.MustCompile(`^(?:faketime_shm|sem\.faketime_sem)_(\d+)$`)

// removeLeftovers removes what killed processes have left: a new process with the same process id would not start.
func removeLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	}
	var failed []error
	for _, entry := range entries {
		found := leftover.FindStringSubmatch(entry.Name())
		if found == nil {
			continue
		}
		pid, err := strconv.Atoi(found[1])
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
