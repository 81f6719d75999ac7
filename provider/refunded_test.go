package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
)

// answering is the adapter in front of something that always gives one answer.
func answering(t *testing.T, body string) *provider.Stripe {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	p, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: server.URL})
	require.NoError(t, err)
	return p
}

// refundByHand gives money back as somebody does at the provider's own desk.
func (r *rig) refundByHand(t *testing.T, intentID, amount string) {
	t.Helper()
	form := url.Values{"payment_intent": {intentID}, "amount": {amount}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/v1/refunds", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+secretKey)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func TestRefundedIsTheSumOfWhatIsOnItsWayBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_pendingRefund")
	expect := func(paise int64) {
		t.Helper()
		sum, err := r.Refunded(t.Context(), in.ID)
		require.NoError(t, err)
		require.Equal(t, money(paise), sum)
	}
	expect(0)
	for n, amount := range []int64{1000, 200, 30} {
		req := refundRequest(in.ID, []string{"rf_1", "rf_2", "rf_3"}[n])
		req.Amount = money(amount)
		r.repeat(t, req)
	}
	expect(1230)
	first := refundRequest(in.ID, "rf_1")
	first.Amount = money(1000)
	require.NoError(t, r.sim.SettleRefund(r.repeat(t, first).ID, stripesim.Fail))
	expect(230)
	second := refundRequest(in.ID, "rf_2")
	second.Amount = money(200)
	require.NoError(t, r.sim.SettleRefund(r.repeat(t, second).ID, stripesim.Succeed))
	expect(230)
	third := refundRequest(in.ID, "rf_3")
	third.Amount = money(30)
	require.NoError(t, r.sim.SettleRefund(r.repeat(t, third).ID, stripesim.Cancel))
	require.Equal(t, provider.RefundCanceled, r.repeat(t, third).Status)
	expect(200)
	r.refundByHand(t, in.ID, "7")
	expect(207)
}

func TestRefundedFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	_, err := r.Refunded(t.Context(), "pi_unknown")
	fails(t, err, provider.KindNotFound)
	_, err = r.Refunded(t.Context(), "")
	fails(t, err, provider.KindRejected)
	in := r.paid(t, "pm_card_visa")
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpListRefunds, Mode: stripesim.RateLimit, Times: 1})
	_, err = r.Refunded(t.Context(), in.ID)
	fails(t, err, provider.KindRateLimited)
}

func TestRefusalsOfARefundAreToldApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	r.fault(t, stripesim.RequestFault{
		Operation: stripesim.OpCreateRefund, Mode: stripesim.Refuse, Times: 1, Code: provider.CodeBalanceInsufficient,
	})
	_, err := r.Refund(t.Context(), refundRequest(in.ID, "rf_1"))
	require.Equal(t, provider.CodeBalanceInsufficient, fails(t, err, provider.KindRejected).Code)
	r.refundByHand(t, in.ID, "30200")
	_, err = r.Refund(t.Context(), refundRequest(in.ID, "rf_2"))
	require.Equal(t, provider.CodeChargeAlreadyRefunded, fails(t, err, provider.KindRejected).Code)

	disputed, err := r.CreateIntent(t.Context(), intentRequest("disputed"))
	require.NoError(t, err)
	r.pay(t, disputed, "pm_card_visa")
	_, err = r.sim.OpenDispute(disputed.ID, "fraudulent")
	require.NoError(t, err)
	_, err = r.Refund(t.Context(), refundRequest(disputed.ID, "rf_3"))
	require.Equal(t, provider.CodeChargeDisputed, fails(t, err, provider.KindRejected).Code)
}
