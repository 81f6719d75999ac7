package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/measure"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o, err := parse(nil, &out)
	require.NoError(t, err)
	require.Equal(t, 30*time.Minute, o.length)
	require.InEpsilon(t, 0.7, o.load, 1e-9)
	for _, wrong := range []string{
		"-duration=0s", "-peak=0s", "-every=0s", "-seldom=-1s", "-hold=1500ms", "-hold=1h", "-load=0", "-rate=-1", "-clients=0", "-most=0", "-people=0", "-tea=hot",
	} {
		_, err := parse([]string{wrong}, &out)
		require.Error(t, err, wrong)
	}
	o, err = parse([]string{"-only=card,looks"}, &out)
	require.NoError(t, err)
	random, drawn := rand.New(rand.NewPCG(1, 2)), map[kind]int{}
	for range 1000 {
		drawn[draw(o.mix, random)]++
	}
	require.Len(t, drawn, 2)
	require.InDelta(t, 600, drawn[looks], 60, "30 of 50")
}

func TestArrivals(t *testing.T) {
	t.Parallel()
	const many, rate = 50_000, 40.0
	come, again, other := newArrivals(everybody, 7, rate), newArrivals(everybody, 7, rate), newArrivals(everybody, 8, rate)
	var gaps, squares float64
	last, differs := time.Duration(0), false
	for n := range many {
		who := come.next()
		require.Equal(t, n, who.number)
		require.Equal(t, who, again.next(), "the seed decides")
		differs = differs || who != other.next()
		gap := (who.at - last).Seconds()
		require.GreaterOrEqual(t, gap, 0.0)
		gaps, squares, last = gaps+gap, squares+gap*gap, who.at
	}
	require.True(t, differs)
	mean := gaps / many
	require.InEpsilon(t, 1/rate, mean, 0.02)
	require.InEpsilon(t, mean, math.Sqrt(squares/many-mean*mean), 0.03, "the gaps of a Poisson process stray by their mean")
}

func TestTheMix(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, s := range everybody {
		sum += s.Play
	}
	require.Equal(t, 100, sum)
	const many = 100_000
	random, drawn := rand.New(rand.NewPCG(1, 2)), map[kind]int{}
	for range many {
		drawn[draw(everybody, random)]++
	}
	require.Len(t, drawn, len(everybody))
	for _, s := range everybody {
		require.InDelta(t, float64(s.Play)/100, float64(drawn[kind(s.Name)])/many, 0.01, s.Name)
	}
}

func TestTheOpenLoopWaitsForNobody(t *testing.T) {
	t.Parallel()
	const most = 3
	o, leave := newOutcomes(), make(chan struct{})
	var served atomic.Int64
	var late atomic.Bool
	visit := func(_ context.Context, who arrival, o *outcomes) error {
		late.Store(late.Load() || time.Since(o.began) < who.at)
		if served.Add(1) <= most {
			<-leave
		}
		return nil
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		openLoop(t.Context(), newArrivals(everybody, 1, 500), 200*time.Millisecond, most, visit, o)
	}()
	require.Eventually(t, func() bool { return o.tally().Shed > 10 }, 2*time.Minute, time.Millisecond, "they come although nobody leaves")
	require.EqualValues(t, most, o.tally().UnderWay)
	close(leave)
	<-ended
	require.False(t, late.Load(), "nobody comes before he is meant to")
	so := o.tally()
	require.Zero(t, so.UnderWay)
	require.Equal(t, so.Arrived, so.Shed+served.Load())
}

func TestTheOpenLoopLastsItsLength(t *testing.T) {
	t.Parallel()
	const length = 50 * time.Millisecond
	o := newOutcomes()
	openLoop(t.Context(), newArrivals(everybody, 1, 0.001), length, 1, func(context.Context, arrival, *outcomes) error { return nil }, o)
	require.GreaterOrEqual(t, time.Since(o.began), length)
	require.Zero(t, o.tally().Arrived, "the first would come much later")
}

func TestTheClosedLoop(t *testing.T) {
	t.Parallel()
	const warmUp, length, many = 50 * time.Millisecond, time.Minute, 1000
	var there, most, seen atomic.Int64
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	perSecond, o := closedLoop(ctx, newArrivals(everybody, 1, 1), 4, warmUp, length, func(_ context.Context, who arrival, _ *outcomes) error {
		most.Store(max(most.Load(), there.Add(1)))
		defer there.Add(-1)
		if who.kind == cancels {
			return errors.New("not today")
		}
		if who.at >= warmUp && seen.Add(1) == many {
			enough()
		}
		return nil
	})
	require.LessOrEqual(t, most.Load(), int64(4))
	so := o.tally()
	require.Positive(t, so.Failed)
	require.Zero(t, so.Done[cancels])
	counted := math.Round(perSecond * length.Seconds())
	require.GreaterOrEqual(t, counted, float64(many))
	require.LessOrEqual(t, counted, float64(so.Arrived-so.Failed))

	_, o = closedLoop(t.Context(), newArrivals(everybody, 1, 1), 1, 0, warmUp, func(context.Context, arrival, *outcomes) error { return nil })
	require.GreaterOrEqual(t, time.Since(o.began), warmUp, "it ends by itself")
}

func TestFailuresHaveNames(t *testing.T) {
	t.Parallel()
	o := newOutcomes()
	busy := &failure{"hold", &customer.Refused{Status: 503, Body: openapi.ErrorBody{Code: "UNAVAILABLE"}}}
	for _, err := range []error{busy, busy, &failure{"pay", context.DeadlineExceeded}, io.EOF} {
		o.arrive(true)
		o.leave(paysCard, err)
	}
	so := o.tally()
	require.Equal(t, map[string]int64{"hold: 503 UNAVAILABLE": 2, "pay: took too long": 1, "visit: no answer": 1}, so.Failures)
	require.Equal(t, "hold: 503 UNAVAILABLE", so.sortedFailures()[0])
	require.EqualValues(t, 4, so.Failed)
}

// looksOf are the looks at what is judged of a run of thirty minutes, with noise of an amplitude.
func looksOf(level, perHour, noise float64) []point {
	random := rand.New(rand.NewPCG(3, 4))
	var points []point
	for at := 450 * time.Second; at <= 30*time.Minute; at += 5 * time.Second {
		points = append(points, point{at, level + perHour*at.Hours() + noise*(2*random.Float64()-1)})
	}
	return points
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		points []point
		grows  bool
	}{
		"a planted leak":                      {looksOf(100, 40, 0), true},
		"a planted leak in noise":             {looksOf(100, 60, 20), true},
		"noise":                               {looksOf(100, 0, 60), false},
		"a leak that is smaller than allowed": {looksOf(100, 10, 1), false},
		"what shrinks":                        {looksOf(100, -80, 1), false},
		"nothing at all":                      {looksOf(0, 0, 0), false},
		"small numbers below the floor":       {looksOf(3, 4, 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := growth(name, trendOf(thin(test.points, time.Minute)), 5)
			require.True(t, v.Judged)
			require.Equal(t, test.grows, !v.OK, "%+v", trendOf(thin(test.points, time.Minute)))
		})
	}
	wild := looksOf(100, 0, 1)
	for i := 0; i < len(wild); i += 5 {
		wild[i].value *= 5
	}
	require.True(t, growth("wild", trendOf(thin(wild, time.Minute)), 5).OK, "a fifth of wild looks moves nothing")
	require.InDelta(t, 40, trendOf(looksOf(100, 40, 1)).PerHour, 2)
	require.Zero(t, trendOf(nil).PerHour)

	require.Len(t, thin(wild, time.Minute), 23)
	require.Empty(t, thin(nil, time.Minute))

	short := after(looksOf(100, 500, 0), 26*time.Minute)
	require.Equal(t, verdict{What: "short", OK: true, Why: tooShort}, growth("short", trendOf(thin(short, time.Minute)), 5))
	require.False(t, growth("by nature", trendOf(looksOf(100, 500, 0)), 0).Judged)
}

// TestGrowthOfWhatMovesSlowly has looks that depend on the ones before, as the number of open workflows does.
func TestGrowthOfWhatMovesSlowly(t *testing.T) {
	t.Parallel()
	const level, stays, tries = 120, 0.85, 200
	judged := func(seed uint64, perHour float64) bool {
		random, moved := rand.New(rand.NewPCG(seed, 5)), 0.0
		points := looksOf(level, perHour, 0)
		for i := range points {
			moved = stays*moved + 8*random.NormFloat64()
			points[i].value += moved
		}
		return growth("open", trendOf(thin(points, time.Minute)), 10).OK
	}
	wrong, missed := 0, 0
	for seed := range uint64(tries) {
		if !judged(seed, 0) {
			wrong++
		}
		if judged(seed, 1.5*level) {
			missed++
		}
	}
	require.LessOrEqual(t, wrong, tries/100)
	require.LessOrEqual(t, missed, tries/20)
}

func TestTheOtherVerdicts(t *testing.T) {
	t.Parallel()
	require.True(t, slowing("l", 100*time.Millisecond, 150*time.Millisecond).OK)
	require.False(t, slowing("l", 100*time.Millisecond, 151*time.Millisecond).OK)
	require.False(t, slowing("l", 0, time.Second).Judged)
	require.True(t, loss("l", 1, 1000).OK)
	require.False(t, loss("l", 2, 1000).OK)
	require.False(t, loss("l", 0, 0).OK, "nobody came")
	require.True(t, settled("s", 0, 0).OK)
	require.False(t, settled("s", 1, 0).OK)
}

func TestWhatIsNotSeenDoesNotHold(t *testing.T) {
	t.Parallel()
	require.True(t, sight("s", 95, 5).OK)
	require.False(t, sight("s", 94, 6).OK)
	require.False(t, sight("s", 0, 0).OK)
	_, err := known(measure.Memory(-1))
	require.ErrorIs(t, err, errUnknown)
	own, err := known(measure.Memory(os.Getpid()))
	require.NoError(t, err)
	require.Positive(t, own)

	w := &watch{began: time.Now()}
	dead := probe{&series{name: "memory of nobody", unit: inBytes, floor: megabyte}, panelMemory, func(context.Context) (float64, error) {
		return known(measure.Memory(-1))
	}}
	w.often = []probe{dead}
	w.look(t.Context(), w.often)
	require.EqualValues(t, 1, w.unseen.Load())
	r := &report{Length: 30 * time.Minute, Books: verdict{OK: true}, Tally: tally{Arrived: 1}}
	r.add(dead)
	r.judge()
	require.False(t, r.OK)
	require.Equal(t, 1, r.Series[0].Unseen)
	var out bytes.Buffer
	r.print(&out)
	require.Contains(t, out.String(), "✗ memory of nobody: seen 0 times, and not seen 1 times\n")
	require.NotContains(t, out.String(), "the load was held")
}

func TestAShortRunDoesNotSayThatNothingGrows(t *testing.T) {
	t.Parallel()
	said := func(points []point) string {
		r := &report{Length: 30 * time.Minute, Books: verdict{OK: true}, Tally: tally{Arrived: 1}}
		r.add(probe{&series{name: "memory of api", unit: inBytes, floor: megabyte, points: points}, panelMemory, nil})
		r.judge()
		require.True(t, r.OK)
		var out bytes.Buffer
		r.print(&out)
		return out.String()
	}
	require.Contains(t, said(looksOf(60*megabyte, 0, megabyte)), "the load was held\n")
	require.Contains(t, said(after(looksOf(60*megabyte, 0, megabyte), 26*time.Minute)), "the load was held, but growth was not judged (watched for less than 5m0s after the warm-up: 1)\n")
}

func TestWhatABookingLeavesBehind(t *testing.T) {
	t.Parallel()
	before := []table{{"boxoffice", "bookings", 10, 1000}, {"boxoffice", "seats", 50, 500}, {"temporal", "executions", 5, 50}}
	now := []table{{"boxoffice", "bookings", 20, 3000}, {"boxoffice", "seats", 50, 500}, {"temporal", "executions", 25, 9050}}
	require.Equal(t, []tableGrowth{{"boxoffice", "bookings", 1, 200}, {"temporal", "executions", 2, 900}}, grown(before, now))
	require.Empty(t, grown(now, now))
}

func TestTheChart(t *testing.T) {
	t.Parallel()
	r := &report{Length: 30 * time.Minute, Rate: 12.5}
	for _, p := range []probe{
		{&series{name: "memory of api", unit: inBytes, points: looksOf(60*megabyte, 0, megabyte)}, panelMemory, nil},
		{&series{name: "goroutines of <worker> & co", unit: inPieces, points: looksOf(100, 0, 3)}, panelGoroutines, nil},
		{&series{name: "nothing seen", unit: inPieces}, panelOpen, nil},
		{&series{name: "all zero", unit: inPieces, points: looksOf(0, 0, 0)}, panelConnections, nil},
	} {
		r.add(p)
	}
	picture := r.draw()
	decoder := xml.NewDecoder(strings.NewReader(picture))
	paths := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "path" {
			paths++
		}
	}
	require.Equal(t, 6, paths, "a line and its key, of three")
	require.NotContains(t, picture, "NaN")
	require.Contains(t, picture, "prefers-color-scheme:dark")
}

func TestSteps(t *testing.T) {
	t.Parallel()
	for least, want := range map[float64]float64{0: 1, 0.7: 1, 1: 1, 1.1: 2, 3: 5, 6: 10, 250: 500} {
		require.InEpsilon(t, want, niceStep(least), 1e-9, least)
	}
	require.Equal(t, []string{"0", "0.5", "100"}, []string{number(0), number(0.5), number(100)})
}

// TestAShortRun goes once through everything: its load is nothing, and its verdict about growth means nothing.
func TestAShortRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	o, err := parse([]string{
		"-duration=6s", "-peak=5s", "-clients=2", "-hold=3s", "-load=0.5", "-people=20", "-every=500ms", "-seldom=2s",
		"-json", filepath.Join(dir, "soak.json"), "-chart", filepath.Join(dir, "soak.svg"),
	}, &out)
	require.NoError(t, err)
	s, err := openSystem(t.Context(), &out)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close(t.Context())) }()
	found, err := o.play(t.Context(), s, &out)
	require.NoError(t, err, out.String())
	found.print(&out)
	require.NoError(t, o.write(found))

	require.True(t, found.Books.OK, found.Books.Why)
	require.NotEmpty(t, found.Rest)
	for _, v := range found.Rest {
		require.True(t, v.OK, "%s: %s", v.What, v.Why)
	}
	require.Positive(t, found.Tally.Arrived)
	require.Zero(t, found.Unseen)
	for _, l := range found.Series {
		require.True(t, len(l.Points) > 0 || l.Panel == panelLatency, l.Name)
	}
	require.NotEmpty(t, found.Tables)
	content, err := os.ReadFile(o.json)
	require.NoError(t, err)
	var written struct {
		Seconds  float64
		Verdicts []verdict
		Series   []struct{ Points [][2]float64 }
	}
	require.NoError(t, json.Unmarshal(content, &written))
	require.InDelta(t, 6, written.Seconds, 0.5)
	require.Len(t, written.Series, len(found.Series))
	require.FileExists(t, o.chart)
}
