package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
	product "github.com/boxoffice/boxoffice/worker"
)

// recordedHistories is where the recorded histories are, from the repository's root.
const recordedHistories = "workflows/testdata/histories"

// replayOptions are the subject's.
type replayOptions struct{ histories int }

func (o *replayOptions) flags(flags *flag.FlagSet) {
	flags.IntVar(&o.histories, "replay-histories", 500, "replay: how many new histories are replayed beside the recorded ones")
}

func (o *replayOptions) check() error {
	if o.histories < 1 {
		return errors.New("there must be a history")
	}
	return nil
}

// replayFindings are the subject's.
type replayFindings struct {
	Sets []replayedSet `json:"sets"`
}

// replayedSet is one set of histories. The comparison's rates are of histories.
type replayedSet struct {
	Histories  int        `json:"histories"`
	Events     int        `json:"events"`
	Comparison comparison `json:"comparison"`
	// EventsPerSecond is the median of the rounds, and EventsRatio compares it to the floor's.
	EventsPerSecond float64 `json:"eventsPerSecond"`
	EventsRatio     float64 `json:"eventsRatio"`
}

// histories are some of one kind, and who replays them.
type histories struct {
	all      []*historypb.History
	replayer worker.WorkflowReplayer
}

// measure replays everything in turns with the floor.
func (o *replayOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (any, error) {
	recorded, err := readHistories()
	if err != nil {
		return nil, err
	}
	fresh, floor, err := o.make(ctx, s)
	if err != nil {
		return nil, err
	}
	found := &replayFindings{}
	var lines comparisons
	for _, set := range []struct {
		what string
		of   *histories
	}{
		{fmt.Sprintf("%d recorded histories", len(recorded.all)), recorded},
		{fmt.Sprintf("%d new histories", len(fresh.all)), fresh},
	} {
		pairs, err := playPairs(ctx, rounds, set.of.replay, floor.replay)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", set.what, err)
		}
		c := compare(set.what, pairs)
		perHistory, floorPerHistory := ratio(float64(set.of.events()), float64(len(set.of.all))), ratio(float64(floor.events()), float64(len(floor.all)))
		found.Sets = append(found.Sets, replayedSet{
			Histories: len(set.of.all), Events: set.of.events(), Comparison: c,
			EventsPerSecond: perHistory * c.median(func(p pair) float64 { return p.Product.PerSecond }),
			EventsRatio:     c.PerSecondRatio * ratio(perHistory, floorPerHistory),
		})
		lines = append(lines, c)
	}
	printComparisons(out, lines...)
	for i, set := range found.Sets {
		fmt.Fprintf(out, "%s: %.1f events each, %.0f events a second, %.2f of the floor's\n",
			lines[i].What, ratio(float64(set.Events), float64(set.Histories)), set.EventsPerSecond, set.EventsRatio)
	}
	return found, nil
}

// summary is a line for each set.
func (f *replayFindings) summary() []conclusion {
	lines := make([]conclusion, len(f.Sets))
	for i, set := range f.Sets {
		lines[i] = set.Comparison.conclusion()
		lines[i].Figures += fmt.Sprintf("; events per second %.2f", set.EventsRatio)
	}
	return lines
}

// readHistories reads the recorded ones.
func readHistories() (*histories, error) {
	root, err := stack.FindRoot()
	if err != nil {
		return nil, err
	}
	h, err := newHistories(product.RegisterWorkflows)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(filepath.Join(root, recordedHistories), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		file, err := os.Open(path) //nolint:gosec // in the repository itself
		if err != nil {
			return err
		}
		history, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		h.all = append(h.all, history)
		return nil
	})
	return h, err
}

// make has bookings made and bare workflows run, and reads their histories.
func (o *replayOptions) make(ctx context.Context, s *system) (fresh, floor *histories, err error) {
	sale, err := openSale(ctx, s, "replay", saleBuyers)
	if err != nil {
		return nil, nil, err
	}
	bare, err := startBareWorkflows(s.Temporal)
	if err != nil {
		return nil, nil, err
	}
	defer bare.stop()
	if fresh, err = newHistories(product.RegisterWorkflows); err != nil {
		return nil, nil, err
	}
	if floor, err = newHistories(registerBare); err != nil {
		return nil, nil, err
	}
	fresh.all, floor.all = make([]*historypb.History, o.histories), make([]*historypb.History, o.histories)
	_, err = serve(ctx, o.histories, func(ctx context.Context, n int) (took time.Duration, err error) {
		bought, err := sale.take(ctx, n%serveClients, booking.MethodWallet)
		if err != nil {
			return 0, err
		}
		if fresh.all[n], err = s.history(ctx, booking.WorkflowID(bought.booking.BookingId)); err != nil {
			return 0, err
		}
		id, _, err := bare.play(ctx)
		if err != nil {
			return 0, err
		}
		floor.all[n], err = s.history(ctx, id)
		return 0, err
	}, nil)
	return fresh, floor, err
}

// history waits for the end of a workflow and reads its history.
func (s *system) history(ctx context.Context, workflowID string) (*historypb.History, error) {
	if err := s.Temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, nil); err != nil {
		return nil, fmt.Errorf("wait for %s: %w", workflowID, err)
	}
	history := &historypb.History{}
	events := s.Temporal.GetWorkflowHistory(ctx, workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		history.Events = append(history.Events, event)
	}
	return history, nil
}

func newHistories(register func(worker.WorkflowRegistry)) (*histories, error) {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{})
	if err != nil {
		return nil, fmt.Errorf("make replayer: %w", err)
	}
	register(replayer)
	return &histories{replayer: replayer}, nil
}

// replay replays all, one after another.
func (h *histories) replay(ctx context.Context) (side, error) {
	logger := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	var latencies measure.Latencies
	began := time.Now()
	for _, history := range h.all {
		if err := ctx.Err(); err != nil {
			return side{}, err
		}
		one := time.Now()
		if err := h.replayer.ReplayWorkflowHistory(logger, history); err != nil {
			return side{}, err
		}
		latencies.Add(time.Since(one))
	}
	return sideOf(&latencies, time.Since(began)), nil
}

// events is how many there are in all histories.
func (h *histories) events() int {
	n := 0
	for _, history := range h.all {
		n += len(history.GetEvents())
	}
	return n
}
