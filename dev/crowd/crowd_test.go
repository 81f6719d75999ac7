package crowd_test

import (
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

const (
	secretKey = "sk_test_crowd"
	// sizeVariable makes the crowd larger: BOXOFFICE_CROWD=10000 go test -v ./dev/crowd.
	sizeVariable = "BOXOFFICE_CROWD"
)

func TestACrowdLeavesTheBooksInOrder(t *testing.T) {
	t.Parallel()
	bookings := 60
	if size := os.Getenv(sizeVariable); size != "" {
		var err error
		bookings, err = strconv.Atoi(size)
		require.NoError(t, err)
	}
	dsn := pgtest.NewDB(t)
	owner, worker := pgtest.OpenAs(t, dsn, "", 2), pgtest.OpenAs(t, dsn, "boxoffice_worker", crowd.Conns)
	sim, err := stripesim.New(stripesim.Config{SecretKey: secretKey})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	bank := httptest.NewServer(sim)
	t.Cleanup(bank.Close)
	people, err := crowd.New(crowd.Config{Owner: owner, Worker: worker, Simulator: stripesim.Client{URL: bank.URL, SecretKey: secretKey}})
	require.NoError(t, err)
	require.NoError(t, crowd.OpenShow(t.Context(), owner, crowd.Show{
		ID: "sh_crowd", TheatreID: "th_crowd", MovieID: "mv_crowd", Seats: 2*bookings + 1, StartsAt: time.Now().Add(24 * time.Hour), Hold: 5 * time.Minute,
	}))

	began := time.Now()
	sales, err := people.Fill(t.Context(), crowd.Order{ShowID: "sh_crowd", Bookings: bookings})
	require.NoError(t, err)
	t.Logf("%d bookings in %s", len(sales), time.Since(began).Round(time.Millisecond))

	require.Len(t, sales, bookings)
	count := func(sql string) (n int) {
		require.NoError(t, owner.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	require.Equal(t, bookings, count(`SELECT count(*) FROM bookings WHERE status = 'CONFIRMED'`))
	methods, seats, customers := map[booking.Method]int{}, 0, map[string]int{}
	for _, sale := range sales {
		methods[sale.Method]++
		seats += len(sale.Seats)
		customers[sale.CustomerID]++
		require.Equal(t, sale.Method == booking.MethodWallet, sale.IntentID == "")
	}
	require.Len(t, methods, 3)
	require.Less(t, len(customers), bookings, "some come twice")
	require.Equal(t, seats, count(`SELECT count(*) FROM claims WHERE state = 'SOLD'`))
	require.Empty(t, sim.ActiveFaults(), "the simulator speaks again")

	stripe, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: bank.URL})
	require.NoError(t, err)
	options := audit.Defaults()
	options.Grace, options.Recheck, options.Skip = 0, 0, []string{audit.GroupTemporal}
	began = time.Now()
	report, err := audit.Run(t.Context(), audit.Sources{Pool: worker, Provider: stripe}, options)
	require.NoError(t, err)
	t.Logf("audited in %s", time.Since(began).Round(time.Millisecond))
	var found strings.Builder
	report.Print(&found)
	require.True(t, report.Clean, "%s", &found)
}

func TestACrowdFindsNoRoom(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDB(t)
	owner := pgtest.OpenAs(t, dsn, "", 2)
	people, err := crowd.New(crowd.Config{Owner: owner, Worker: owner, Simulator: stripesim.Client{URL: "http://127.0.0.1:1", SecretKey: secretKey}})
	require.NoError(t, err)
	require.NoError(t, crowd.OpenShow(t.Context(), owner, crowd.Show{
		ID: "sh_small", TheatreID: "th_crowd", MovieID: "mv_crowd", Seats: 2, StartsAt: time.Now(), Hold: time.Minute,
	}))

	_, err = people.Fill(t.Context(), crowd.Order{ShowID: "sh_small", Bookings: 3})
	require.ErrorContains(t, err, "too small")
	_, err = people.Fill(t.Context(), crowd.Order{ShowID: "sh_none", Bookings: 1})
	require.ErrorContains(t, err, "no such show")
	require.Error(t, crowd.OpenShow(t.Context(), owner, crowd.Show{ID: "sh_huge", Seats: crowd.MaxSeats + 1}))
}
