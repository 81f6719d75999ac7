package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// profilePatience bounds one question for a profile.
	profilePatience = 20 * time.Second
	// maxProfile bounds what is read of a profile: that of a heap has a paragraph for every place that has ever asked for memory.
	maxProfile = 256 << 20
)

// Goroutines is how many goroutines a process has that serves its profiles at an address ("127.0.0.1:6060").
func Goroutines(ctx context.Context, address string) (int64, error) {
	return askProfile(ctx, address, "goroutine?debug=1", "goroutine profile: total ")
}

// LiveHeap has a process collect its garbage, and gives how many bytes are then in use.
func LiveHeap(ctx context.Context, address string) (int64, error) {
	return askProfile(ctx, address, "heap?gc=1&debug=1", "# HeapAlloc = ")
}

// askProfile finds the number that follows a label at the beginning of a line.
func askProfile(ctx context.Context, address, which, label string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, profilePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/debug/pprof/"+which, http.NoBody)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, errors.New("the profiles answer " + res.Status)
	}
	lines := bufio.NewReader(io.LimitReader(res.Body, maxProfile))
	for {
		line, err := lines.ReadString('\n')
		if number, found := strings.CutPrefix(line, label); found {
			return strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		}
		if err != nil {
			return 0, fmt.Errorf("look for %q in the profile: %w", strings.TrimSpace(label), err)
		}
	}
}
