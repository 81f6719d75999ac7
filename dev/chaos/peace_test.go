package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func at(seconds int) time.Time { return time.Unix(int64(1000+seconds), 0) }

func TestPeaceIsWhenNothingExcusesARefusal(t *testing.T) {
	t.Parallel()
	o := &outages{}
	o.begun(at(0))
	behaves := o.begin(stack.Stripesim, at(0))
	o.begin(stack.Worker, at(100))(at(110))
	behaves(at(200))
	for name, test := range map[string]struct {
		exchange exchange
		peace    bool
	}{
		"just after the start":                {exchange{Began: at(14), Ended: at(16)}, false},
		"all is there":                        {exchange{Began: at(50), Ended: at(51)}, true},
		"a part goes":                         {exchange{Began: at(99), Ended: at(101)}, false},
		"a part is just back":                 {exchange{Began: at(124), Ended: at(126)}, false},
		"a part has been back for a while":    {exchange{Began: at(126), Ended: at(127)}, true},
		"no answer":                           {exchange{Began: at(50), Ended: at(51), Err: errors.New("EOF")}, false},
		"the provider misbehaves":             {exchange{Operation: "POST /wallet/top-ups", Began: at(50), Ended: at(51)}, false},
		"the provider has behaved for a time": {exchange{Operation: "POST /wallet/top-ups", Began: at(216), Ended: at(217)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.peace, test.exchange.inPeace(o))
		})
	}
}

func TestServiceIsOwedInPeace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		peace peace
		right bool
	}{
		"none":                       {peace{}, true},
		"a few of a few":             {peace{Answers: 10, Unavailable: map[string]int{"GET /wallet": 4}}, true},
		"too many of a few":          {peace{Answers: 10, Unavailable: map[string]int{"GET /wallet": 3, "POST /bookings": 2}}, false},
		"one of a hundred":           {peace{Answers: 1000, Unavailable: map[string]int{"POST /bookings": 10}}, true},
		"more than one of a hundred": {peace{Answers: 1000, Unavailable: map[string]int{"POST /bookings": 11}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.right, len(judgeService(test.peace)) == 0)
		})
	}
}

func TestTheWatcherCountsRefusalsInPeace(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(refusal("UNAVAILABLE"))
	}))
	defer server.Close()
	o, seen := &outages{}, newRecord()
	w := &watcher{next: http.DefaultTransport, host: strings.TrimPrefix(server.URL, "http://"), outages: o, record: seen}
	ask := func() {
		_, err := customer.New(server.URL, "").WithTransport(w).Wallet(t.Context())
		require.Error(t, err)
	}
	ask()
	back := o.begin(stack.Temporal, time.Now())
	ask()
	back(time.Now())
	ask()
	require.Equal(t, peace{Answers: 1, Unavailable: map[string]int{"GET /wallet": 1}}, seen.counts().Peace)
	_, broken := seen.found()
	require.Zero(t, broken, "one alone is no finding")
}

func TestRecoveryIsMeasured(t *testing.T) {
	t.Parallel()
	o := &outages{}
	require.Empty(t, o.recovery())
	o.begin(stack.API, at(10))(at(20))
	o.wrote(at(20).Add(-time.Second)) // it was answered before
	o.wrote(at(23))
	o.wrote(at(29))
	o.begin(stack.Worker, at(30))(at(40))
	o.wrote(at(41))
	require.Equal(t, recovery{Longest: stripesim.Duration(3 * time.Second), Part: stack.API}, o.recovery())
	o.begin(stack.Temporal, at(50))(at(60))
	o.begin(stack.Postgres, at(61))(at(70))
	o.wrote(at(75))
	o.begin(stack.API, at(80))(at(90))
	require.Equal(t, recovery{Longest: stripesim.Duration(5 * time.Second), Part: stack.Postgres, Cut: 1}, o.recovery(), "nobody wrote after the last one")
}
