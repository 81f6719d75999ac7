package main

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// namesKnownAfter is longer than any service keeps what it knows of a namespace and its search attributes: they look every two seconds.
const namesKnownAfter = 5 * time.Second

// cachedWorkflows is how many workflows are kept in memory, closed ones among them, at some 30 KB each. The default is 128,000 for an hour: a
// gigabyte for every 30,000. One that waits for longer is read anew when something happens to it. Go walks through all of them at every collection,
// which slows down everything else on a small machine.
const cachedWorkflows = 1000

// dynamicConfig changes the defaults that are wrong for one small server.
type dynamicConfig struct {
	dynamicconfig.StaticClient

	// namesAreNew has every service read the names of search attributes anew each time it needs one: a dozen statements a workflow.
	namesAreNew atomic.Bool
}

func newDynamicConfig(opts options) *dynamicConfig {
	c := &dynamicConfig{StaticClient: dynamicconfig.StaticClient{
		// At the default of 20 a shard dispatches at most 20 times a second: the
		// cause of the 50 ms stalls of small servers.
		dynamicconfig.TransferProcessorMaxPollRPS.Key(): 1000,
		// The UI and the tests list far more often than the default of 10 allows.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        200,
		dynamicconfig.FrontendMaxNamespaceVisibilityBurstRatioPerInstance.Key(): 2.0,
		dynamicconfig.HistoryCountSuggestContinueAsNew.Key():                    opts.suggestContinueAsNew,
		dynamicconfig.WorkflowExecutionMaxTotalUpdates.Key():                    opts.maxUpdates,
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                        cachedWorkflows,
		// Operators may pause a workflow, as they can pause a step: off by default.
		dynamicconfig.WorkflowPauseEnabled.Key(): true,
		// A development server tells nobody that it exists.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}}
	c.namesAreNew.Store(true)
	return c
}

// GetValue implements dynamicconfig.Client.
func (c *dynamicConfig) GetValue(key dynamicconfig.Key) []dynamicconfig.ConstrainedValue {
	if key == dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key() {
		return []dynamicconfig.ConstrainedValue{{Value: c.namesAreNew.Load()}}
	}
	return c.StaticClient.GetValue(key)
}

// settleNames lets the services rely on what they know of search attributes: at once if all of them were there before, and otherwise as soon as
// each must have looked.
func (c *dynamicConfig) settleNames(ctx context.Context, registered bool) {
	if !registered {
		c.namesAreNew.Store(false)
		return
	}
	timer := time.AfterFunc(namesKnownAfter, func() { c.namesAreNew.Store(false) })
	context.AfterFunc(ctx, func() { timer.Stop() })
}
