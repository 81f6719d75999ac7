package limits

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/answer"
)

func TestABucketIsOnePerKey(t *testing.T) {
	t.Parallel()
	b := newBuckets[*int](2)
	add := func(key string, value int) int { return *b.of(key, func() *int { return &value }) }
	require.Equal(t, 1, add("a", 1))
	require.Equal(t, 1, add("a", 9), "it is there already")
	for n := range 100 {
		require.Equal(t, n, add(fmt.Sprint(n), n))
		require.Equal(t, 1, add("a", 9), "it is in use")
		require.LessOrEqual(t, b.known.Len(), 2)
	}
	require.Equal(t, 9, add("0", 9), "what was not used for longest is forgotten")
}

func TestBucketsFillAgain(t *testing.T) {
	t.Parallel()
	limiter, now := NewRate(0.5, 2), time.Unix(1_790_000_000, 0)
	require.NoError(t, limiter.Take("a", now))
	require.NoError(t, limiter.Take("a", now))
	for range 3 { // refused attempts cost nothing
		var f *answer.Failure
		require.ErrorAs(t, limiter.Take("a", now), &f)
		require.Equal(t, 2, f.RetryAfter)
	}
	require.NoError(t, limiter.Take("b", now))
	require.NoError(t, limiter.Take("a", now.Add(2*time.Second)))
}

func TestAddressesOfOneHouseholdCountTogether(t *testing.T) {
	t.Parallel()
	require.Equal(t, network("2001:db8:1:2::7"), network("2001:db8:1:2:ffff::9"))
	require.NotEqual(t, network("2001:db8:1:2::7"), network("2001:db8:1:3::7"))
	require.Equal(t, "203.0.113.7", network("::ffff:203.0.113.7"))
	require.NotEqual(t, network("203.0.113.7"), network("203.0.113.8"))
	require.Equal(t, "unknown", network("?"))
}

func FuzzForwardedFor(f *testing.F) {
	for _, header := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.2", "::1, [2001:db8::1]:443", "x, 10.0.0.1", "1.2.3.4\x00", "127.0.0.1, , ,", "fe80::1%eth0", "::ffff:10.0.0.1"} {
		f.Add(header, "10.0.0.1:5000")
		f.Add(header, "203.0.113.9:5000")
	}
	f.Add("1.2.3.4", "not an address")
	extract := AddressOf([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")})
	f.Fuzz(func(t *testing.T, header, peer string) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.RemoteAddr = peer
		request.Header.Set(echo.HeaderXForwardedFor, header)
		key := network(extract(request))
		if key != "unknown" {
			address, err := netip.ParseAddr(key)
			if err != nil {
				_, err = netip.ParsePrefix(key)
			}
			require.NoError(t, err, key)
			require.Empty(t, address.Zone())
		}
		from, err := netip.ParseAddrPort(peer)
		trusted := err == nil && (netip.MustParsePrefix("10.0.0.0/8").Contains(from.Addr().Unmap()) || netip.MustParsePrefix("fd00::/8").Contains(from.Addr().WithZone("")))
		if err == nil && !trusted {
			require.Equal(t, network(from.Addr().WithZone("").String()), key, "a stranger's word counts for nothing")
		}
	})
}
