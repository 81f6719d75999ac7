package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FamilyMemory is what a process and its children, without theirs, have in memory, in bytes: what each has for itself, summed up, and the
// most that one of them has touched of what they share. Both are zero when there is no such process, or no way to know.
func FamilyMemory(pid int) (own, shared int64) {
	statuses, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		return 0, 0
	}
	for _, path := range statuses {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		status := parseStatus(string(content))
		if status["Pid"] == int64(pid) || status["PPid"] == int64(pid) {
			own += status["RssAnon"] << 10
			shared = max(shared, status["RssShmem"]<<10)
		}
	}
	return own, shared
}

// parseStatus reads the lines of /proc/<pid>/status that hold a number, those in kilobytes too.
func parseStatus(text string) map[string]int64 {
	numbers := map[string]int64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err == nil {
			numbers[name] = n
		}
	}
	return numbers
}

// Descriptors is how many files and connections a process has open; zero when there is no such process, or no way to know.
func Descriptors(pid int) int64 {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return int64(len(entries))
}
