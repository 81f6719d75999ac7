package private

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"

	"github.com/boxoffice/boxoffice/dev/freeport"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// Profiles are the addresses at which the parts that are written in Go can be looked into.
type Profiles map[stack.Part]string

// ServeProfiles has the parts of a system that is to be opened serve their profiles.
func ServeProfiles(ctx context.Context, opts *stack.Options) (Profiles, error) {
	profiles := Profiles{}
	for _, part := range []stack.Part{stack.API, stack.Worker, stack.Temporal} {
		listener, err := freeport.Listen(ctx)
		if err != nil {
			return nil, fmt.Errorf("find a port for profiles: %w", err)
		}
		profiles[part] = listener.Addr().String()
		if err := listener.Close(); err != nil {
			return nil, err
		}
	}
	_, temporalPort, err := net.SplitHostPort(profiles[stack.Temporal])
	if err != nil {
		return nil, err
	}
	opts.TemporalArgs = append(slices.Clone(opts.TemporalArgs), "--profile-port", temporalPort)
	env := maps.Clone(opts.Env)
	if env == nil {
		env = map[stack.Part][]string{}
	}
	for _, part := range []stack.Part{stack.API, stack.Worker} {
		env[part] = append(slices.Clone(env[part]), "BOXOFFICE_PROFILE_ADDR="+profiles[part])
	}
	opts.Env = env
	return profiles, nil
}
