package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stack"
)

func refusal(code string) []byte {
	return []byte(`{"error":{"code":"` + code + `","message":"No.","correlationId":"c1"}}`)
}

func TestAnswersAreJudged(t *testing.T) {
	t.Parallel()
	later := http.Header{"Retry-After": {"2"}}
	for name, test := range map[string]struct {
		exchange exchange
		apiAway  bool
		right    bool
	}{
		"a booking":                     {exchange{Operation: "POST /bookings", Status: 201, Body: []byte(`{}`)}, false, true},
		"no JSON":                       {exchange{Operation: "POST /bookings", Status: 201, Body: []byte(`<html>`)}, false, false},
		"seats that are taken":          {exchange{Operation: "POST /bookings", Status: 409, Body: refusal("SEAT_LOCK_FAILED")}, false, true},
		"a code with another status":    {exchange{Operation: "POST /bookings", Status: 410, Body: refusal("SEAT_LOCK_FAILED")}, false, false},
		"a booking that cannot be paid": {exchange{Operation: "POST /bookings/{id}/payments", Status: 422, Body: refusal("INVALID_STATE")}, false, true},
		"a show that cannot be booked": {
			exchange{Operation: "POST /bookings", Status: 400, Body: []byte(`{"error":{"code":"VALIDATION_ERROR","message":"x","correlationId":"y","details":{"reason":"CANCELLED"}}}`)}, false, true,
		},
		"a request that is wrong":         {exchange{Operation: "POST /bookings", Status: 400, Body: refusal("VALIDATION_ERROR")}, false, false},
		"a code of another operation":     {exchange{Operation: "GET /bookings/{id}", Status: 409, Body: refusal("SEAT_LOCK_FAILED")}, false, false},
		"a booking that is not there":     {exchange{Operation: "GET /bookings/{id}", Status: 404, Body: refusal("NOT_FOUND")}, false, false},
		"a code that nobody has heard of": {exchange{Operation: "POST /bookings", Status: 409, Body: refusal("OOPS")}, false, false},
		"a reused key":                    {exchange{Operation: "POST /bookings", Status: 422, Body: refusal("IDEMPOTENCY_KEY_REUSED")}, false, false},
		"a reused key as expected": {
			exchange{Operation: "POST /bookings", Status: 422, Body: refusal("IDEMPOTENCY_KEY_REUSED"), Expected: []booking.Code{booking.CodeIdempotencyKeyReused}}, false, true,
		},
		"an inner error":             {exchange{Operation: "POST /bookings", Status: 500, Body: refusal("INTERNAL_ERROR")}, true, false},
		"outside the error shape":    {exchange{Operation: "POST /bookings", Status: 503, Body: []byte(`{"message":"x"}`), Header: later}, true, false},
		"not available":              {exchange{Operation: "GET /wallet", Status: 503, Body: refusal("UNAVAILABLE"), Header: later}, false, true},
		"not available without when": {exchange{Operation: "GET /wallet", Status: 503, Body: refusal("UNAVAILABLE")}, false, false},
		"a broken connection":        {exchange{Operation: "GET /wallet", Err: errors.New("EOF")}, false, false},
		"the API was killed":         {exchange{Operation: "GET /wallet", Err: errors.New("EOF")}, true, true},
		"an answer that came too late": {
			exchange{Operation: "GET /wallet", Status: 200, Body: []byte(`{}`), Began: time.Unix(0, 0), Ended: time.Unix(60, 0)}, false, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.right, judgeAnswer(test.exchange, test.apiAway) == "", "%s", judgeAnswer(test.exchange, test.apiAway))
		})
	}
}

// Whoever waits for as long as the API's own time-outs allow has not waited too long.
func TestTheAPIMayTakeItsTime(t *testing.T) {
	t.Parallel()
	defaults, err := env.ParseAsWithOptions[api.Config](env.Options{Environment: map[string]string{}})
	require.NoError(t, err)
	longest := defaults.RequestTimeout + max(defaults.ProviderTimeout, defaults.QueueTimeout)
	require.Greater(t, longestAnswer, longest)
	require.Less(t, longestAnswer, 2*longest)
}

func TestOperationsLeaveIdsOut(t *testing.T) {
	t.Parallel()
	require.Equal(t, "POST /bookings/{id}/payments", operation("POST", "/bookings/bk_3jv7lrx4hotfqtcgzxqc3wvuvc/payments"))
	require.Equal(t, "GET /wallet/top-ups/{id}", operation("GET", "/wallet/top-ups/tu_3jv7"))
	require.Equal(t, "GET /shows/{id}/seats", operation("GET", "/shows/sh_chaos_07/seats"))
	require.Equal(t, "POST /wallet/top-ups", operation("POST", "/wallet/top-ups"))
}

// A 500 on its way to a customer breaks the run, whoever the customer is and whatever comes of the story.
func TestTheWatcherNoticesAnInnerError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(refusal("INTERNAL_ERROR"))
	}))
	defer server.Close()
	seen := newRecord()
	w := &watcher{next: http.DefaultTransport, host: strings.TrimPrefix(server.URL, "http://"), outages: &outages{}, record: seen}
	_, err := customer.New(server.URL, "").WithTransport(w).Wallet(t.Context())
	require.Error(t, err)
	breaches, broken := seen.found()
	require.Equal(t, 1, broken)
	require.Contains(t, breaches[0].String(), "500 INTERNAL_ERROR")
	require.Equal(t, 1, seen.counts().Answers["500 INTERNAL_ERROR"])
}

func TestAnOutageExcusesWhatItTouches(t *testing.T) {
	t.Parallel()
	o := &outages{}
	back := o.begin(stack.API, at(10))
	require.False(t, o.touched(stack.API, at(0), at(9)))
	require.True(t, o.touched(stack.API, at(0), at(11)))
	require.True(t, o.touched(stack.API, at(50), at(51)), "it is still away")
	back(at(20))
	require.True(t, o.touched(stack.API, at(20), at(22)))
	require.False(t, o.touched(stack.API, at(20).Add(afterOutage), at(40)))
	require.False(t, o.touched(stack.Worker, at(0), at(40)))
	require.Equal(t, []stack.Part{stack.API}, o.away(at(0), at(15)))
}

func TestKeysAreRemembered(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := story{Show: 1, Seats: []string{"A2", "A10"}}
	b := bookingOf("bk_1", 1, "A10", "A2")
	require.Empty(t, m.held("ann", "k1", s, b))
	require.Empty(t, m.held("ann", "k1", s, b))
	require.NotEmpty(t, m.held("ann", "k1", s, bookingOf("bk_2", 1, "A10", "A2")), "another booking for the same key")
	require.NotEmpty(t, m.held("bob", "k1", s, b), "somebody else's booking")
	require.NotEmpty(t, m.held("ann", "k3", s, bookingOf("bk_3", 1, "A10")), "fewer seats")
	require.NotEmpty(t, m.held("ann", "k4", s, bookingOf("bk_4", 2, "A10", "A2")), "another show")

	require.Len(t, m.promises(), 4, "what was wrong has been promised all the same")
	m.confirmed("bk_2")
	m.asks("bk_2", []string{"A2"})
	require.NotEmpty(t, m.held("ann", "k1", s, bookingOf("bk_2", 1, "A10", "A2")), "the key is still that of the first booking")
	require.NotEmpty(t, m.expired("bk_2"), "it was seen CONFIRMED")
	require.Empty(t, m.expired("bk_1"))
}

// Whoever asks again for seats that were held must be told of the same booking, or that it has expired.
func TestARepeatedHoldIsJudged(t *testing.T) {
	t.Parallel()
	expired := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusGone)
		_, _ = w.Write(refusal("BOOKING_EXPIRED"))
	}
	booked := func(id string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusCreated)
			_ = json.NewEncoder(w).Encode(bookingOf(id, 1, "A1"))
		}
	}
	for name, test := range map[string]struct {
		answer    func(http.ResponseWriter)
		confirmed bool
		right     bool
	}{
		"the same booking":              {booked("bk_1"), false, true},
		"the same, which was confirmed": {booked("bk_1"), true, true},
		"another booking":               {booked("bk_2"), false, false},
		"it has expired":                {expired, false, true},
		"it was confirmed, and expired": {expired, true, false},
		"the seats are taken": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusConflict)
			_, _ = w.Write([]byte(`{"error":{"code":"SEAT_LOCK_FAILED","message":"No.","correlationId":"c1","details":{"newIdempotencyKeyRequired":true}}}`))
		}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &chaos{options: options{patience: time.Minute}, record: newRecord(), outages: &outages{}, memory: newMemory()}
			told := tellingTo(t, c, test.answer)
			told.story = story{Show: 1, Seats: []string{"A1"}}
			told.held = bookingOf("bk_1", 1, "A1")
			require.Empty(t, c.memory.held(told.name, told.key, told.story, told.held))
			if test.confirmed {
				c.memory.confirmed("bk_1")
			}
			told.repeat(t.Context())
			breaches, broken := c.record.found()
			require.Equal(t, test.right, broken == 0, "%v", breaches)
		})
	}
}

// tellingTo is a story whose API gives one answer to everything.
func tellingTo(t *testing.T, c *chaos, answer func(http.ResponseWriter)) *telling {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	t.Cleanup(server.Close)
	return &telling{actor: &actor{Customer: customer.New(server.URL, ""), run: c, name: "ann"}, key: "k1"}
}
