package engine

import (
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// Priorities of workflows; 3 is what everything has that says nothing.
const (
	priorityBuying   = 2
	prioritySettling = 4
)

// maxSummary is how many bytes Temporal keeps of a summary.
const maxSummary = 200

// onlyOnce is how a workflow starts of which there is never a second: whoever comes meanwhile joins it, whoever comes later finds it closed.
func onlyOnce(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		Priority:                 temporal.Priority{PriorityKey: priorityBuying},
	}
}

// oneAtATime is how a workflow starts that may run again once it has ended: whoever comes meanwhile joins it.
func oneAtATime(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                booking.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}
}

// settling is oneAtATime for a workflow that may wait for people who are buying.
func settling(id string) client.StartWorkflowOptions {
	options := oneAtATime(id)
	options.Priority = temporal.Priority{PriorityKey: prioritySettling}
	return options
}

// keyword is one search attribute of a workflow that starts.
func keyword(attribute, value string) temporal.SearchAttributeUpdate {
	return temporal.NewSearchAttributeKeyKeyword(attribute).ValueSet(value)
}

// shortened cuts a text to so many bytes, and not through a character.
func shortened(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
