package main

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/dev/measure"
)

// report is what is printed, and written as JSON.
type report struct {
	StartedAt time.Time `json:"startedAt"`
	Machine   string    `json:"machine"`
	// Peak and Rate are customers a second: those served at most, and those who came.
	Peak      float64 `json:"peak"`
	PeakTally tally   `json:"peakTally"`
	Rate      float64 `json:"rate"`
	// Length is how long they came, and Hold how long a booking may stay unpaid.
	Length time.Duration `json:"-"`
	Hold   time.Duration `json:"-"`
	Tally  tally         `json:"tally"`

	// Latencies are those of the whole run, in milliseconds since the customer was due.
	Latencies []latency     `json:"latencies"`
	Series    []line        `json:"series"`
	Tables    []tableGrowth `json:"tables"`
	// Unseen is how many looks at something failed, and Blind the last error.
	Unseen int64  `json:"unseen"`
	Blind  string `json:"blind,omitempty"`

	// Verdicts are all of them. Rest and Books are among them.
	Verdicts []verdict `json:"verdicts"`
	Rest     []verdict `json:"-"`
	Books    verdict   `json:"-"`
	OK       bool      `json:"ok"`
	// TooShort is the number of figures that were watched for too short a time to say whether they grow.
	TooShort int `json:"tooShort"`
}

// latency is that of one thing that customers wait for.
type latency struct {
	What  string  `json:"what"`
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
	// slowing compares the last third of the run with the middle one.
	slowing verdict
}

// line is a series with what is made of it.
type line struct {
	Name  string  `json:"name"`
	Panel string  `json:"panel"`
	Unit  unit    `json:"unit"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
	Peak  float64 `json:"peak"`
	// Trend is that of what was seen after the warm-up.
	Trend  trend   `json:"trend"`
	Points []point `json:"points"`
	// Unseen is how many looks saw nothing.
	Unseen  int `json:"unseen"`
	verdict verdict
}

// MarshalJSON writes lengths of time in seconds.
func (r *report) MarshalJSON() ([]byte, error) {
	type plain report
	return json.Marshal(struct {
		Seconds     float64 `json:"seconds"`
		HoldSeconds float64 `json:"holdSeconds"`
		*plain
	}{r.Length.Seconds(), r.Hold.Seconds(), (*plain)(r)})
}

// gather takes over what was met with and seen.
func (r *report) gather(met *outcomes, w *watch) {
	r.Tally, r.Unseen = met.tally(), w.unseen.Load()
	r.Blind, _ = w.blind.Load().(string)
	stretch := r.stretch()
	for _, of := range []struct {
		what string
		took *timings
	}{{"hold", &met.holds}, {"booking", &met.bookings}, {"look", &met.looks}} {
		whole := of.took.between(0, r.Length)
		r.Latencies = append(r.Latencies, latency{
			What: of.what, Count: whole.Count(), P50: measure.Milliseconds(whole.Percentile(50)), P99: measure.Milliseconds(whole.Percentile(99)), Max: measure.Milliseconds(whole.Percentile(100)),
			slowing: slowing("latency of a "+of.what, of.took.between(r.Length/3, r.Length*2/3).Percentile(99), of.took.between(r.Length*2/3, r.Length).Percentile(99)),
		})
		if of.what == "look" {
			continue
		}
		for _, percent := range []int{50, 99} {
			name := map[int]string{50: of.what + " p50", 99: of.what + " p99"}[percent]
			r.add(probe{&series{name: name, unit: inMilliseconds, points: of.took.percentile(percent, stretch, r.Length)}, panelLatency, nil})
		}
	}
	for _, p := range w.all() {
		r.add(p)
	}
}

// add makes a line of what was seen of a series while customers came.
func (r *report) add(p probe) {
	points := slices.DeleteFunc(p.all(), func(p point) bool { return p.at > r.Length })
	l := line{Name: p.name, Panel: p.panel, Unit: p.unit, Points: points, Unseen: p.missed()}
	if len(points) > 0 {
		l.Start, l.End, l.Peak = points[0].value, points[len(points)-1].value, slices.Max(values(points))
	}
	l.Trend = trendOf(thin(after(points, time.Duration(warmUpShare*float64(r.Length))), r.stretch()))
	if l.verdict = sight(p.name, len(points), l.Unseen); l.verdict.OK {
		l.verdict = growth(p.name, l.Trend, p.floor)
	}
	r.Series = append(r.Series, l)
}

// stretch is the time that one figure stands for: a minute, or a twentieth of a short run.
func (r *report) stretch() time.Duration { return min(time.Minute, max(time.Second, r.Length/20)) }

// judge draws everything together.
func (r *report) judge() {
	r.Verdicts = []verdict{
		loss("customers turned away", r.Tally.Shed, r.Tally.Arrived),
		loss("customers who met with an error", r.Tally.Failed, r.Tally.Arrived),
	}
	for _, l := range r.Latencies {
		r.Verdicts = append(r.Verdicts, l.slowing)
	}
	for _, l := range r.Series {
		if l.Panel != panelLatency {
			r.Verdicts = append(r.Verdicts, l.verdict)
		}
	}
	r.Verdicts = append(append(r.Verdicts, r.Rest...), r.Books)
	r.OK, r.TooShort = true, 0
	for _, v := range r.Verdicts {
		r.OK = r.OK && v.OK
		if v.Why == tooShort {
			r.TooShort++
		}
	}
}
