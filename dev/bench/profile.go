package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// profileAfter is how long a subject has been running when its profile begins, and profileLength how long that is.
	profileAfter  = 12 * time.Second
	profileLength = 20 * time.Second
)

// writeProfiles writes what each part spends its processor time with, while a subject is being measured, into files of a folder that `go tool pprof` reads.
// The subject's end, or that of ctx, ends it.
func writeProfiles(ctx context.Context, profiles private.Profiles, dir, subject string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if !wait.For(ctx, profileAfter) {
		return nil // too short to have a profile
	}
	var writing errgroup.Group
	for part, address := range profiles {
		writing.Go(func() error {
			err := writeProfile(ctx, address, filepath.Join(dir, fmt.Sprintf("%s-%s.pprof", subject, part)))
			if err != nil && ctx.Err() == nil {
				return fmt.Errorf("profile %s: %w", part, err)
			}
			return nil
		})
	}
	return writing.Wait()
}

func writeProfile(ctx context.Context, address, path string) (err error) {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, int(profileLength.Seconds()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxProfile))
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// maxProfile bounds what is read of a profile.
const maxProfile = 64 << 20
