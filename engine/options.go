package engine

import (
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Priorities of workflows; the default is 3.
const (
	priorityBuying   = 2
	prioritySettling = 4
)

// maxSummary is how many bytes Temporal keeps of a summary.
const maxSummary = 200

// onlyOnce is how a workflow starts that never runs a second time: a start while it runs joins it, a later one finds it closed.
func onlyOnce(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		Priority:                 temporal.Priority{PriorityKey: priorityBuying},
	}
}

// oneAtATime is how a workflow starts that may run again once it has ended: a start while it runs joins it.
func oneAtATime(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
}

// settling is oneAtATime for a workflow that people who are buying go before.
func settling(id string) client.StartWorkflowOptions {
	options := oneAtATime(id)
	options.Priority = temporal.Priority{PriorityKey: prioritySettling}
	return options
}

// keyword is one search attribute of a workflow that is started.
func keyword(attribute, value string) temporal.SearchAttributeUpdate {
	return temporal.NewSearchAttributeKeyKeyword(attribute).ValueSet(value)
}

// shortened cuts a text to so many bytes, without splitting a character.
func shortened(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
