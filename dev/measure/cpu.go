package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit in which Linux tells how long a process has run; it is the same on every machine that Go supports.
const clockTick = 10 * time.Millisecond

// OwnCPU is how long a process alone has kept a processor busy; zero when there is no such process, or no way to know.
func OwnCPU(pid int) time.Duration { return ticks(stat(pid), userTime, systemTime) }

// CPU is how long a process and its children, those included that have ended and been waited for, have kept a processor busy; zero when there
// is no such process, or no way to know.
func CPU(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	total := time.Duration(0)
	if fields := stat(pid); fields != nil {
		total += ticks(fields, userTime, systemTime, waitedUserTime, waitedSystemTime)
	}
	for _, child := range children(pid) {
		total += ticks(stat(child), userTime, systemTime)
	}
	return total
}

// The fields of /proc/PID/stat after the name of the program, counted from its state.
const (
	parentID         = 1
	userTime         = 11
	systemTime       = 12
	waitedUserTime   = 13
	waitedSystemTime = 14
)

func stat(pid int) []string {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	// The name is in brackets, and may have some of its own.
	line := string(content)
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) <= waitedSystemTime {
		return nil
	}
	return fields
}

func ticks(fields []string, which ...int) (total time.Duration) {
	for _, field := range which {
		if field < len(fields) {
			n, err := strconv.ParseInt(fields[field], 10, 64)
			if err == nil {
				total += time.Duration(n) * clockTick
			}
		}
	}
	return total
}

// children are the processes that a process has started and that run: the backends of PostgreSQL.
func children(pid int) (ids []int) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	for _, folder := range all {
		child, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if fields := stat(child); fields != nil && fields[parentID] == strconv.Itoa(pid) {
			ids = append(ids, child)
		}
	}
	return ids
}
