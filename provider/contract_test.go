package provider_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

// TestContractWithOpenAPI sends every request of the adapter to the official
// stripe-mock, which checks it against Stripe's OpenAPI description.
func TestContractWithOpenAPI(t *testing.T) {
	t.Parallel()
	url := startStripeMock(t)
	p, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: url})
	require.NoError(t, err)
	requestSuite(t, p, func(*testing.T) string { return "pi_123" })

	t.Run("a wrong request is refused", func(t *testing.T) {
		t.Parallel()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/refunds", strings.NewReader("payment_intent=pi_1&colour=red"))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+secretKey)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusBadRequest, res.StatusCode, "the mock must look at what it gets")
	})
}

// TestContractWithSimulator sends the same requests to the simulator, so that the two cannot diverge unnoticed.
func TestContractWithSimulator(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	requestSuite(t, r.Stripe, func(t *testing.T) string {
		t.Helper()
		return r.paid(t, "pm_card_visa").ID
	})
}

// requestSuite makes every request that the adapter can make. A paid intent can
// be refunded.
func requestSuite(t *testing.T, p provider.Provider, paid func(*testing.T) string) {
	t.Helper()
	for _, tc := range []struct {
		name string
		req  provider.IntentRequest
	}{
		{"all there is", intentRequest("suite:1")},
		{"the least there is", provider.IntentRequest{Amount: money(50), IdempotencyKey: "suite:2"}},
		{"a top-up", provider.IntentRequest{Amount: money(100), TopUpID: "tu_1", IdempotencyKey: "suite:top-up"}},
		{"no decimals", provider.IntentRequest{Amount: booking.Money{Amount: 500, Currency: "JPY"}, IdempotencyKey: "suite:3"}},
	} {
		t.Run("create intent: "+tc.name, func(t *testing.T) {
			t.Parallel()
			in, err := p.CreateIntent(t.Context(), tc.req)
			require.NoError(t, err)
			require.NotEmpty(t, in.ID)
			require.NotEmpty(t, in.ClientSecret)
			require.Equal(t, strings.ToUpper(in.Amount.Currency), in.Amount.Currency)
		})
	}
	t.Run("get and cancel intent", func(t *testing.T) {
		t.Parallel()
		in, err := p.CreateIntent(t.Context(), intentRequest("suite:4"))
		require.NoError(t, err)
		_, err = p.Intent(t.Context(), in.ID)
		require.NoError(t, err)
		_, err = p.CancelIntent(t.Context(), in.ID, "suite:4:cancel")
		require.NoError(t, err)
	})
	for _, reason := range []string{"", "requested_by_customer", "SHOW_CANCELLED"} {
		t.Run("refund because "+reason, func(t *testing.T) {
			t.Parallel()
			req := refundRequest(paid(t), "suite:"+reason)
			req.Reason = reason
			back, err := p.Refund(t.Context(), req)
			require.NoError(t, err)
			require.NotEmpty(t, back.ID)
			require.NotEmpty(t, back.Status)
			require.False(t, back.Created.IsZero())
		})
	}

	t.Run("what was given back", func(t *testing.T) {
		t.Parallel()
		refunds, err := p.RefundsOf(t.Context(), paid(t))
		require.NoError(t, err)
		for _, refund := range refunds {
			require.NotEmpty(t, refund.ID)
			require.Positive(t, refund.Amount.Amount)
		}
	})

	for name, since := range map[string]time.Time{"of all time": {}, "of this hour": time.Now().Add(-time.Hour)} {
		t.Run("lists "+name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, p.EachIntent(t.Context(), since, func(page []provider.Intent) error {
				for _, in := range page {
					require.NotEmpty(t, in.ID)
					require.False(t, in.Created.IsZero())
				}
				return nil
			}))
			require.NoError(t, p.EachRefund(t.Context(), since, func(page []provider.Refund) error {
				for _, r := range page {
					require.NotEmpty(t, r.ID)
					require.False(t, r.Created.IsZero())
				}
				return nil
			}))
		})
	}
}

// startStripeMock runs the official mock on free loopback ports and returns its
// address.
func startStripeMock(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, stripeMock(t), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	address := make(chan string, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if at, ok := strings.CutPrefix(lines.Text(), "Listening for HTTP at address: "); ok {
				address <- "http://" + at
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		<-drained
		_ = cmd.Wait() // killed just now
	})
	select {
	case url := <-address:
		return url
	case <-drained:
		t.Fatal("stripe-mock ended before it listened")
	case <-time.After(time.Minute):
		t.Fatal("stripe-mock did not listen")
	}
	return ""
}

// stripeMock finds the program: the one that STRIPE_MOCK names, else the pinned one of the tools module, which is built if necessary.
func stripeMock(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("STRIPE_MOCK"); path != "" {
		return path
	}
	tools, err := filepath.Abs("../tools/go.mod")
	require.NoError(t, err)
	if _, err := os.Stat(tools); err != nil {
		t.Skip("no tools module here: set STRIPE_MOCK to the path of a stripe-mock binary")
	}
	out, err := exec.CommandContext(t.Context(), "go", "tool", "-modfile="+tools, "-n", "stripe-mock").Output()
	require.NoError(t, err, "build stripe-mock, or set STRIPE_MOCK to the path of its binary")
	return strings.TrimSpace(string(out))
}
