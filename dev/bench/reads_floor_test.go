package main

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheFloorRepeatsAnAnswer(t *testing.T) {
	t.Parallel()
	product := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Correlation-Id", "one")
		_, _ = w.Write([]byte(`{"tea":"hot"}`))
	}))
	t.Cleanup(product.Close)
	server := httptest.NewServer(floorRoutes(floorOrders{}, nil))
	t.Cleanup(server.Close)
	f := &floorServer{url: server.URL}
	ask := request(http.MethodGet, "/tea", "", "", nil)
	require.NoError(t, f.repeat(t.Context(), product.Listener.Addr().String(), "tea", ask))

	want, body, err := fetch(t.Context(), product.Listener.Addr().String(), ask)
	require.NoError(t, err)
	got, same, err := fetch(t.Context(), f.address(), request(http.MethodGet, "/constants/tea", "", "", nil))
	require.NoError(t, err)
	require.Equal(t, body, same)
	want.Del("Date")
	got.Del("Date")
	require.Equal(t, want, got)

	asked, err := sendFor(t.Context(), f.address(), 3, 100*time.Millisecond, http.StatusOK, func(int, int) []byte {
		return request(http.MethodGet, "/constants/tea", "", "", nil)
	})
	require.NoError(t, err)
	require.Positive(t, asked.Count)
	_, err = sendFor(t.Context(), f.address(), 1, time.Second, http.StatusOK, func(int, int) []byte {
		return request(http.MethodGet, "/constants/coffee", "", "", nil)
	})
	require.ErrorContains(t, err, "404", "nobody knows it")
}

func TestARequestOfAWire(t *testing.T) {
	t.Parallel()
	read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(bookingRequest("/there", "token", "key", "sh_1", []string{"A1", "A2"})))))
	require.NoError(t, err)
	require.Equal(t, "POST /there", read.Method+" "+read.URL.Path)
	require.Equal(t, []string{"Bearer token", "key", "application/json"},
		[]string{read.Header.Get("Authorization"), read.Header.Get("Idempotency-Key"), read.Header.Get("Content-Type")})
	body, err := io.ReadAll(read.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"showId":"sh_1","seatIds":["A1","A2"]}`, string(body))
}

func TestWishesAreSeatsSideBySide(t *testing.T) {
	t.Parallel()
	var seats []string
	for row := range 10 {
		for number := range 50 {
			seats = append(seats, string(rune('A'+row))+string(rune('0'+number)))
		}
	}
	random, wanted := rand.New(rand.NewPCG(1, 2)), map[byte]int{}
	for range 5000 {
		seats := someSeats(random, seats)
		require.Contains(t, []int{1, 2, 3}, len(seats))
		require.Equal(t, seats[0][0], seats[len(seats)-1][0], "of one row")
		wanted[seats[0][0]]++
	}
	require.Greater(t, wanted['A'], 2*wanted['J'])
	require.Positive(t, wanted['J'])
}

func TestAttemptsAreCounted(t *testing.T) {
	t.Parallel()
	began := time.Now()
	rushed := countAttempts([]attempt{
		{statuses: []int{201, 201}, holding: true, settled: true, took: time.Second, paid: 2 * time.Second, answeredAt: began.Add(time.Second)},
		{statuses: []int{409}, took: 2 * time.Second, answeredAt: began.Add(2 * time.Second)},
	}, began)
	require.Equal(t, map[int]int{201: 2, 409: 1}, rushed.Statuses)
	require.InEpsilon(t, 1, rushed.All.PerSecond, 1e-9, "two within the two seconds until the last answer")
	require.Equal(t, []int{1, 1, 1}, []int{rushed.Winners.Count, rushed.Losers.Count, rushed.Payments.Count})
	require.InEpsilon(t, 3, rushed.Seconds, 1e-9, "until the last has paid")
	var out strings.Builder
	printRushes(&out, []rushResult{rushed})
	require.Contains(t, out.String(), "2×201 1×409")
}

func TestARushIsJudgedByItsAnswers(t *testing.T) {
	t.Parallel()
	began := time.Now()
	rush := func(odd ...int) rushResult {
		attempts := []attempt{{took: time.Second, answeredAt: began.Add(time.Second)}, {took: 2 * time.Second, answeredAt: began.Add(2 * time.Second)}}
		attempts[0].note(http.StatusConflict, nil)
		attempts[1].note(http.StatusConflict, nil)
		for _, status := range odd {
			a := attempt{took: time.Millisecond, answeredAt: began.Add(time.Millisecond)}
			a.note(status, []byte("no time"))
			attempts = append(attempts, a)
		}
		return countAttempts(attempts, began)
	}
	aims := func(found rushFindings) []aim { return found.summary()[1].Aims }
	good := rushFindings{Rushes: []rushResult{rush()}}
	require.Equal(t, []aim{{"no answer 5xx", true}, {"none but 201 and 409", true}}, aims(good))
	require.NoError(t, good.defect())
	limited := rushFindings{Rushes: []rushResult{rush(), rush(429)}}
	require.Equal(t, []aim{{"no answer 5xx", true}, {"none but 201 and 409", false}}, aims(limited))
	broken := rushFindings{Rushes: []rushResult{rush(), rush(503, 503)}}
	require.Equal(t, []aim{{"no answer 5xx", false}, {"none but 201 and 409", false}}, aims(broken))
	require.EqualError(t, broken.defect(), "2 answers are neither 201 nor 409, such as: 503 no time")

	met := broken.Rushes[1]
	require.Equal(t, []int{2, 2, 2}, []int{met.All.Count, met.Losers.Count, met.All.Failed}, "quick refusals are in no rate and no latency")
	floor := side{P50: 500}
	rounds := losersOf([]pair{{Product: side{P50: 1}, Floor: floor}, {Product: side{P50: 2}, Floor: floor}}, broken.Rushes)
	require.Equal(t, []pair{{Product: broken.Rushes[0].Losers, Floor: floor}, {Product: met.Losers, Floor: floor}}, rounds)
}
