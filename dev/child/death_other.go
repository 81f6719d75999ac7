//go:build !linux

package child

import "syscall"

// setDeathSignal does nothing: only Linux tells a process that its parent has died.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
