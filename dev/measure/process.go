package measure

import (
	"time"

	"github.com/prometheus/procfs"
)

// What follows is zero when there is no such process, or no way to know: it is read from /proc.

// clockTick is the unit in which Linux tells how long a process has run; it is the same on every machine that Go supports.
const clockTick = 10 * time.Millisecond

// family is a process and its children, without theirs: of PostgreSQL, the backends.
func family(pid int) (members []procfs.Proc) {
	all, err := procfs.AllProcs()
	if err != nil || pid <= 0 { // 0 stands for a part that does not run, and is init's parent
		return nil
	}
	for _, process := range all {
		stat, err := process.Stat() // an error says that it has ended meanwhile
		if err == nil && (stat.PID == pid || stat.PPID == pid) {
			members = append(members, process)
		}
	}
	return members
}

// status is what Linux says of a process; its amounts of memory are in bytes.
func status(pid int) (s procfs.ProcStatus) {
	process, err := procfs.NewProc(pid)
	if err == nil {
		s, _ = process.NewStatus()
	}
	return s
}

// OwnCPU is how long a process alone has kept a processor busy.
func OwnCPU(pid int) time.Duration {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	stat, _ := process.Stat()
	return time.Duration(stat.UTime+stat.STime) * clockTick //nolint:gosec // no process has run for so long
}

// CPU is how long a process and its children, those included that have ended and been waited for, have kept a processor busy.
func CPU(pid int) (total time.Duration) {
	for _, member := range family(pid) {
		total += OwnCPU(member.PID)
		if stat, err := member.Stat(); err == nil && stat.PID == pid {
			total += time.Duration(stat.CUTime+stat.CSTime) * clockTick
		}
	}
	return total
}

// Memory is what a process has in memory, in bytes.
func Memory(pid int) int64 { return int64(status(pid).VmRSS) } //nolint:gosec // no machine has so much

// FamilyMemory is what a process and its children, without theirs, have in memory, in bytes: what each has for itself, summed up, and the
// most that one of them has touched of what they share.
func FamilyMemory(pid int) (own, shared int64) {
	for _, member := range family(pid) {
		s := status(member.PID)
		own += int64(s.RssAnon)                 //nolint:gosec // no machine has so much
		shared = max(shared, int64(s.RssShmem)) //nolint:gosec // no machine has so much
	}
	return own, shared
}

// Descriptors is how many files and connections a process has open.
func Descriptors(pid int) int64 {
	process, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	open, _ := process.FileDescriptorsLen()
	return int64(open)
}
