package measure

import (
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
	// maxProfile bounds what is read of a profile.
	maxProfile = 32 << 20
)

// Goroutines is how many goroutines a process has that serves its profiles at an address ("127.0.0.1:6060").
func Goroutines(ctx context.Context, address string) (int64, error) {
	text, err := profile(ctx, address, "goroutine?debug=1")
	if err != nil {
		return 0, err
	}
	return numberAfter(text, "goroutine profile: total ")
}

// LiveHeap has a process collect its garbage, and gives how many bytes are then in use.
func LiveHeap(ctx context.Context, address string) (int64, error) {
	text, err := profile(ctx, address, "heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	return numberAfter(text, "# HeapAlloc = ")
}

func profile(ctx context.Context, address, which string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, profilePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/debug/pprof/"+which, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxProfile))
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New("the profiles answer " + res.Status)
	}
	return string(content), err
}

// numberAfter finds the number that follows a text at the beginning of a line.
func numberAfter(text, label string) (int64, error) {
	for line := range strings.Lines(text) {
		if number, found := strings.CutPrefix(line, label); found {
			return strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		}
	}
	return 0, fmt.Errorf("the profile has no line %q", strings.TrimSpace(label))
}
