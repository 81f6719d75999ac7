package main

import (
	"encoding/json"
	"sync"
	"time"
)

// unit is what a series is counted in.
type unit string

// The units.
const (
	inBytes        unit = "bytes"
	inPieces       unit = "pieces"
	inMilliseconds unit = "ms"
)

// series is something that is looked at again and again.
type series struct {
	name string
	unit unit
	// floor is a growth in one run that is allowed whatever the level. Zero says that the series grows by its nature and is not judged.
	floor float64

	mu     sync.Mutex
	points []point
	unseen int
}

// add notes what was seen.
func (s *series) add(at time.Duration, value float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.points = append(s.points, point{at: at, value: value})
}

// miss notes a look that saw nothing.
func (s *series) miss() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unseen++
}

// missed is how many looks have seen nothing so far.
func (s *series) missed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unseen
}

// all are the points so far.
func (s *series) all() []point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]point(nil), s.points...)
}

// latest is the last of them; zero when there is none.
func (s *series) latest() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.points) == 0 {
		return 0
	}
	return s.points[len(s.points)-1].value
}

// MarshalJSON writes a point as a pair: seconds since the beginning, and value.
func (p point) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]float64{p.at.Seconds(), p.value})
}
