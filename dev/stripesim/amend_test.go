package stripesim_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func (r *rig) amend(t *testing.T, id, body string) int {
	t.Helper()
	return r.control(t, http.MethodPost, "/_sim/payment_intents/"+id+"/amend", body).status
}

func TestAnAmendedIntentSucceedsForAnotherSum(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		amount     int64
		currency   stripe.Currency
	}{
		{"amount", `{"amount":100}`, 100, "inr"},
		{"currency", `{"currency":"USD"}`, 30200, "usd"},
		{"both", `{"amount":99900,"currency":"eur"}`, 99900, "eur"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in, err := r.intents.New(intentParams("k"))
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, r.amend(t, in.ID, tc.body))
			paid, err := r.confirm(in.ID, "pm_card_visa")
			require.NoError(t, err)
			require.Equal(t, stripe.PaymentIntentStatusSucceeded, paid.Status)
			require.Equal(t, tc.amount, paid.AmountReceived)
			require.Equal(t, tc.currency, paid.Currency)
			back, err := r.refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
			require.NoError(t, err)
			require.Equal(t, tc.amount, back.Amount)
			require.Equal(t, tc.currency, back.Currency)
		})
	}
}

func TestAnIntentCanBeAmendedWhileTheBankThinks(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in, err := r.confirm(r.create(t).ID, "pm_card_processing")
	require.NoError(t, err)
	require.NoError(t, r.Amend(in.ID, 30100, ""))
	require.NoError(t, r.SettleIntent(in.ID, stripesim.Succeed))
	now, err := r.intents.Get(in.ID, nil)
	require.NoError(t, err)
	require.EqualValues(t, 30100, now.AmountReceived)
}

func TestIntentsThatCannotBeAmended(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.create(t)
	for _, body := range []string{`{"amount":1}`, `{"amount":-5}`, `{"currency":"rupees"}`, `{"amount":"100"}`} {
		require.Equal(t, http.StatusBadRequest, r.amend(t, in.ID, body), body)
	}
	require.Equal(t, http.StatusBadRequest, r.amend(t, "pi_unknown", `{"amount":100}`))
	require.Equal(t, http.StatusBadRequest, r.amend(t, r.paid(t, "pm_card_visa").ID, `{"amount":100}`))
	now, err := r.intents.Get(in.ID, nil)
	require.NoError(t, err)
	require.EqualValues(t, 30200, now.Amount)
	require.Equal(t, stripe.CurrencyINR, now.Currency)
}
