// Package engine is the typed client of the workflows, and the counterpart of workflows/steps.go: there is one function for
// each thing that can be asked of a workflow. It knows how each workflow is started, signalled and updated: its id, its
// policies, its priority, its summary for operators, and what the answer means. It knows neither HTTP nor the database, and
// takes and returns the product's own types, so that the JSON API, a page and a command can do the same thing by the same code.
//
// Every function may be called again with the same arguments: the ids of workflows, of updates and of what they write are
// derived from what they are for. Every function may return these errors, wrapped, besides those that it lists itself:
//
//   - a *booking.Refusal, which is an answer and is meant to be shown; one of them is booking.Paused,
//     when an operator has paused the workflow, or the step that a command to a running booking waits for,
//   - ErrUnavailable when Temporal or its workers are unreachable, overloaded or too slow; what was asked may still be done,
//   - anything else is a defect.
package engine
