package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"

	"github.com/boxoffice/boxoffice/dev/tool"
)

func names(chosen []phase) []string {
	var all []string
	for _, p := range chosen {
		for _, path := range p.paths {
			all = append(all, path.name)
		}
	}
	return all
}

func TestPathsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range names(phases()) {
		require.False(t, seen[name], "two paths are called %s", name)
		require.Regexp(t, `^[a-z0-9_]+$`, name, "it becomes the name of a file")
		seen[name] = true
	}
}

func TestChoosePaths(t *testing.T) {
	t.Parallel()
	choose := func(args ...string) ([]string, error) {
		chosen, err := scenarios(phases()).Parse(tool.Flags("record", t.Output()), args)
		return names(keep(phases(), chosen.Names())), err
	}
	usual, err := choose()
	require.NoError(t, err)
	require.NotContains(t, usual, "processing_past_grace", "slow paths wait until they are named")
	require.Contains(t, usual, "card_confirmed")

	named, err := choose("-only", "processing_past_grace, card_confirmed")
	require.NoError(t, err)
	require.Equal(t, []string{"card_confirmed", "processing_past_grace"}, named)

	_, err = choose("-only=card_confirmed,card_lost")
	require.ErrorContains(t, err, "card_lost")
}

func TestHistoriesDoNotNameTheMachine(t *testing.T) {
	t.Parallel()
	scheduled := func(queue string, kind enumspb.TaskQueueKind) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{
			WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{
				TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: kind},
			},
		}}
	}
	history := &historypb.History{Events: []*historypb.HistoryEvent{
		scheduled("bookings", enumspb.TASK_QUEUE_KIND_NORMAL),
		scheduled("myhost:0815", enumspb.TASK_QUEUE_KIND_STICKY),
		{EventId: 3},
	}}
	for _, event := range history.GetEvents() {
		forgetMachine(event)
	}
	content, err := encode(history)
	require.NoError(t, err)
	require.Contains(t, string(content), `"name": "bookings"`)
	require.Contains(t, string(content), `"name": "sticky"`)
	require.NotContains(t, string(content), "myhost")
}
