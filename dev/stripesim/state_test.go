package stripesim_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func TestStateSurvivesAKill(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	rec := newReceiver(t)
	cfg := webhookConfig(rec)
	cfg.StateFile = file
	cfg.WebhookURL = "http://127.0.0.1:1/" // nobody listens
	first := newRig(t, cfg)
	in, err := first.intents.New(intentParams("k"))
	require.NoError(t, err)
	_, err = first.confirm(in.ID, "pm_card_visa")
	require.NoError(t, err)
	refunded, err := first.refund(in.ID, 100)
	require.NoError(t, err)

	// A kill leaves the file as it is, with at worst a torn last line.
	left, err := os.ReadFile(file)
	require.NoError(t, err)
	cfg.StateFile = filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(cfg.StateFile, append(left, `{"kind":"intent","val`...), 0o600))
	cfg.WebhookURL = rec.url
	second := newRig(t, cfg)
	now, err := second.intents.Get(in.ID, nil)
	require.NoError(t, err)
	require.Equal(t, stripe.PaymentIntentStatusSucceeded, now.Status)
	require.Equal(t, in.ClientSecret, now.ClientSecret)
	replayed, err := second.intents.New(intentParams("k"))
	require.NoError(t, err)
	require.Equal(t, in.ID, replayed.ID)
	_, err = second.refund(in.ID, 30200)
	require.Error(t, err, "what was refunded stays refunded")
	found, err := second.refunds.Get(refunded.ID, nil)
	require.NoError(t, err)
	require.EqualValues(t, 100, found.Amount)
	require.Eventually(t, func() bool { return len(rec.types()) == 5 }, patience, tick, "what was not delivered is")

	require.Eventually(t, func() bool {
		return second.get(t, "/v1/events?limit=1", secretKey).page(t)[0]["pending_webhooks"] == 0.0
	}, patience, tick)
}

func TestDamagedStateIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(file, []byte("not ours\n"), 0o600))
	_, err := stripesim.New(stripesim.Config{StateFile: file})
	require.ErrorContains(t, err, "line 1")
}

func TestOldestIsForgotten(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{MaxObjects: 2})
	oldest := r.create(t)
	r.create(t)
	r.create(t)
	_, err := r.intents.Get(oldest.ID, nil)
	require.Equal(t, stripe.ErrorCodeResourceMissing, stripeError(t, err).Code)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	cfg := webhookConfig(rec)
	cfg.StateFile = filepath.Join(t.TempDir(), "state")
	r := newRig(t, cfg)
	const customers = 40
	var wg sync.WaitGroup
	failed := make(chan error, customers)
	for range customers {
		wg.Go(func() {
			in, err := r.intents.New(intentParams(""))
			if err == nil {
				_, err = r.confirm(in.ID, "pm_card_visa")
			}
			if err == nil {
				_, err = r.refund(in.ID, 30200)
			}
			failed <- err
		})
	}
	wg.Wait()
	for range customers {
		require.NoError(t, <-failed)
	}
	require.Eventually(t, func() bool { return rec.count("charge.refunded") == customers }, patience, tick)
}
