package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// visitor is what one customer does.
type visitor func(ctx context.Context, who arrival, o *outcomes) error

// closedLoop keeps so many customers in the system, each replaced when done, and returns how many a second got what they came for in the given length
// of time after the warm-up. Customers who have come are served to the end.
func closedLoop(ctx context.Context, come *arrivals, clients int, warmUp, length time.Duration, visit visitor) (perSecond float64, o *outcomes) {
	var mu sync.Mutex
	o = newOutcomes()
	var counted atomic.Int64
	var visiting sync.WaitGroup
	for range clients {
		visiting.Go(func() {
			for ctx.Err() == nil && time.Since(o.began) < warmUp+length {
				mu.Lock()
				who := come.next()
				mu.Unlock()
				who.at = time.Since(o.began)
				o.arrive(true)
				err := visit(context.WithoutCancel(ctx), who, o)
				o.leave(who.kind, err)
				if at := time.Since(o.began); err == nil && at >= warmUp && at < warmUp+length {
					counted.Add(1)
				}
			}
		})
	}
	visiting.Wait()
	return float64(counted.Load()) / length.Seconds(), o
}

// openLoop has customers come when the arrivals say, whether or not those before have left, for a length of time or until ctx ends. It returns when
// the last has left. While the most customers that are allowed are there, others are turned away.
func openLoop(ctx context.Context, come *arrivals, length time.Duration, most int, visit visitor, o *outcomes) {
	slots := make(chan struct{}, most)
	var visiting sync.WaitGroup
	defer visiting.Wait()
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		who := come.next()
		clock.Reset(time.Until(o.began.Add(min(who.at, length))))
		select {
		case <-clock.C:
		case <-ctx.Done():
			return
		}
		if who.at >= length {
			return
		}
		select {
		case slots <- struct{}{}:
		default:
			o.arrive(false)
			continue
		}
		o.arrive(true)
		visiting.Go(func() {
			defer func() { <-slots }()
			o.leave(who.kind, visit(context.WithoutCancel(ctx), who, o))
		})
	}
}
