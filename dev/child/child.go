// Package child starts processes that must not outlive the one that started them.
//
// A child gets a process group of its own, so that Ctrl-C in a terminal reaches the parent alone and the parent
// decides what stops when. Where the kernel can do it (Linux) a child is also sent a signal when its parent dies,
// however it dies.
package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

var (
	startOnce sync.Once
	requests  chan request
)

type request struct {
	cmd  *exec.Cmd
	done chan error
}

// Start starts cmd in a process group of its own and, on Linux, arranges that it is sent onParentDeath when this
// process ends. Other attributes that the caller has set in cmd.SysProcAttr are kept.
func Start(cmd *exec.Cmd, onParentDeath syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	setDeathSignal(cmd.SysProcAttr, onParentDeath)

	startOnce.Do(func() {
		requests = make(chan request)
		go startOnOneThread()
	})
	done := make(chan error, 1)
	requests <- request{cmd, done}
	return <-done
}

// startOnOneThread starts every child from one thread that lives as long as the process: the kernel sends the
// death signal when the starting thread ends, and Go ends threads whenever it likes.
func startOnOneThread() {
	runtime.LockOSThread()
	for r := range requests {
		r.done <- r.cmd.Start()
	}
}

// Signal sends sig to the whole process group of a child made by Start. A child that has already gone is no error.
func Signal(process *os.Process, sig syscall.Signal) error {
	err := syscall.Kill(-process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// Alive says whether a process with this id exists.
func Alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
