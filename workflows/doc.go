// Package workflows decides. A booking's workflow says when its seats are locked, priced, confirmed, released and
// refunded; the activities do it. Code here is deterministic: it knows no clock but the workflow's, no randomness, no
// network and no database, and it sees activities only through the typed stubs of steps.go.
//
// A workflow ends as an outcome. One that fails shows a defect.
package workflows
