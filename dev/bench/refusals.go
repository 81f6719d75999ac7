package main

import (
	"sync"
	"sync/atomic"
)

// refusals counts for how many actions a busy system had no time, and keeps what it said to the first. Its methods may be called concurrently.
type refusals struct {
	many  atomic.Int64
	once  sync.Once
	first string
}

// add notes one.
func (r *refusals) add(err error) {
	r.many.Add(1)
	r.once.Do(func() { r.first = err.Error() })
}

// into writes them to a side. Nobody may add any more.
func (r *refusals) into(met side) side {
	met.Failed, met.Failure = int(r.many.Load()), r.first
	return met
}
