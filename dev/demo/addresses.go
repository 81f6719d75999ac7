package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// addresses are the base URLs of the running system, without a slash at the end.
type addresses struct {
	api, simulator, temporalUI string
}

func addressesFrom(getenv func(string) string) (addresses, error) {
	ports := stack.DefaultPorts()
	if err := ports.FromEnvironment(getenv); err != nil {
		return addresses{}, err
	}
	address := func(variable string, port int) string {
		return strings.TrimRight(cmp.Or(getenv(variable), fmt.Sprintf("http://127.0.0.1:%d", port)), "/")
	}
	return addresses{
		api:        address("BOXOFFICE_URL", ports.API),
		simulator:  address("BOXOFFICE_SIMULATOR_URL", ports.Stripesim),
		temporalUI: address("TEMPORAL_UI_URL", ports.TemporalUI),
	}, nil
}

// workflow is where the Temporal UI shows a booking.
func (a addresses) workflow(bookingID string) string {
	return a.temporalUI + "/namespaces/" + stack.Namespace + "/workflows/" + url.PathEscape(booking.WorkflowID(bookingID))
}

// checkRunning says clearly what is missing before anything is tried.
func checkRunning(ctx context.Context, where addresses) error {
	if err := answers(ctx, where.api+"/readyz"); err != nil {
		return fmt.Errorf("the system is not ready at %s: start it with `make run` in another terminal, or set BOXOFFICE_URL (%w)", where.api, err)
	}
	if err := answers(ctx, where.simulator+"/healthz"); err != nil {
		return fmt.Errorf("the payment simulator is not at %s: `make run` starts it unless STRIPE_SECRET_KEY is set (%w)", where.simulator, err)
	}
	return nil
}

// probePatience bounds the question whether something runs.
const probePatience = 30 * time.Second

func answers(ctx context.Context, target string) error {
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", target, res.Status)
	}
	return nil
}
