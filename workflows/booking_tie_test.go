package workflows_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	boxoffice "github.com/boxoffice/boxoffice/worker"
)

// The deadline wakes the main loop, and the payment comes before the loop runs: a busy worker finds both
// in one workflow task, the deadline first. The SDK's test environment runs the workflow between any two
// events and cannot produce this. So a recorded history does: in the history of a payment in time the
// deadline is moved to just before the payment, and everything that follows must stay as it was.
func TestADeadlineThatFiredJustAheadOfThePaymentIsNotWhatDecides(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		history string
		// paid finds the event with which the payment reaches the workflow, or the task that delivers it.
		paid func(events []event) int
	}{
		"the provider's word": {
			history: "booking/card_confirmed",
			paid: func(events []event) int {
				return slices.IndexFunc(events, func(e event) bool { return e["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED" })
			},
		},
		"the customer's wallet": {
			// Its payment does not say when it was sent: a newer one would seem to be from before a reset.
			history: "booking_priced_apart/wallet_confirmed",
			paid: func(events []event) int {
				at := slices.IndexFunc(events, func(e event) bool { return e["eventType"] == "EVENT_TYPE_TIMER_STARTED" })
				return at + slices.IndexFunc(events[at:], func(e event) bool { return e["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED" })
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := readEvents(t, tc.history)
			require.NoError(t, replay(t, events), "as it was recorded")

			events = fireDeadlineAt(t, events, tc.paid(events))

			require.NoError(t, replay(t, events))
		})
	}
}

// The same for a top-up: the money is credited, and the provider need not be asked to close what it has collected.
func TestADeadlineThatFiredJustAheadOfATopUpsPaymentIsNotWhatDecides(t *testing.T) {
	t.Parallel()
	events := readEvents(t, "top_up/card_credited")
	require.NoError(t, replay(t, events), "as it was recorded")

	events = fireDeadlineAt(t, events,
		slices.IndexFunc(events, func(e event) bool { return e["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED" }))

	require.NoError(t, replay(t, events))
}

// event is an event of a history as JSON.
type event map[string]any

func readEvents(t *testing.T, name string) []event {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "histories", name+".json"))
	require.NoError(t, err)
	var history struct{ Events []event }
	require.NoError(t, json.Unmarshal(content, &history))
	return history.Events
}

// fireDeadlineAt moves the firing of the hold's timer to before an event. That event and all later
// ones then happen after the deadline.
func fireDeadlineAt(t *testing.T, events []event, at int) []event {
	t.Helper()
	started := slices.IndexFunc(events, func(e event) bool { return e["eventType"] == "EVENT_TYPE_TIMER_STARTED" })
	require.Positive(t, started)
	require.Greater(t, at, started, "the payment comes while the deadline is awaited")
	timer, is := events[started]["timerStartedEventAttributes"].(map[string]any)
	require.True(t, is)
	hold, err := time.ParseDuration(fmt.Sprint(timer["startToFireTimeout"]))
	require.NoError(t, err)

	changed := slices.Clone(events[:at])
	for i, e := range events[at:] {
		happened, err := time.Parse(time.RFC3339Nano, fmt.Sprint(e["eventTime"]))
		require.NoError(t, err)
		later := happened.Add(hold).Format(time.RFC3339Nano)
		if i == 0 {
			changed = append(changed, event{
				"eventId": strconv.Itoa(at + 1), "eventTime": later, "eventType": "EVENT_TYPE_TIMER_FIRED",
				"timerFiredEventAttributes": map[string]any{"timerId": timer["timerId"], "startedEventId": events[started]["eventId"]},
			})
		}
		moved := renumberedFields(t, e, at)
		moved["eventTime"] = later
		changed = append(changed, moved)
	}
	return changed
}

// renumberedFields adds one to the ids of the events after a given one, wherever they are mentioned.
func renumberedFields(t *testing.T, fields map[string]any, behind int) map[string]any {
	t.Helper()
	changed := map[string]any{}
	for key, field := range fields {
		changed[key] = renumbered(t, field, behind)
		if number, is := field.(string); is && (key == "eventId" || strings.HasSuffix(key, "EventId")) {
			n, err := strconv.Atoi(number)
			require.NoError(t, err)
			if n > behind {
				changed[key] = strconv.Itoa(n + 1)
			}
		}
	}
	return changed
}

func renumbered(t *testing.T, value any, behind int) any {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		return renumberedFields(t, value, behind)
	case []any:
		changed := make([]any, len(value))
		for i := range value {
			changed[i] = renumbered(t, value[i], behind)
		}
		return changed
	default:
		return value
	}
}

func replay(t *testing.T, events []event) error {
	t.Helper()
	content, err := json.Marshal(map[string]any{"events": events})
	require.NoError(t, err)
	history, err := client.HistoryFromJSON(strings.NewReader(string(content)), client.HistoryJSONOptions{})
	require.NoError(t, err)
	replayer := worker.NewWorkflowReplayer()
	boxoffice.RegisterWorkflows(replayer)
	return replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history)
}
