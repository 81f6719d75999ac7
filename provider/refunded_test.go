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

// answering is the adapter in front of a server that always gives the same answer.
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

// refundByHand gives money back as somebody does in the provider's dashboard.
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

func TestAllRefundsOfAnIntentAreListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_pendingRefund")
	listed := func() (found map[string]provider.RefundStatus, standing int64) {
		t.Helper()
		refunds, err := r.RefundsOf(t.Context(), in.ID)
		require.NoError(t, err)
		found = map[string]provider.RefundStatus{}
		for _, refund := range refunds {
			require.Equal(t, in.ID, refund.IntentID)
			found[refund.RefundID] = refund.Status
			if refund.Status.Stands() {
				standing += refund.Amount.Amount
			}
		}
		return found, standing
	}
	found, _ := listed()
	require.Empty(t, found)
	first, second := refundRequest(in.ID, "rf_1"), refundRequest(in.ID, "rf_2")
	first.Amount, second.Amount = money(1000), money(200)
	require.NoError(t, r.sim.SettleRefund(r.repeat(t, first).ID, stripesim.Fail))
	r.repeat(t, second)
	r.refundByHand(t, in.ID, "7")

	found, standing := listed()

	require.Equal(t, map[string]provider.RefundStatus{
		"rf_1": provider.RefundFailed, "rf_2": provider.RefundPending, "": provider.RefundPending,
	}, found)
	require.EqualValues(t, 207, standing)
	require.NoError(t, r.sim.SettleRefund(r.repeat(t, second).ID, stripesim.Cancel))
	_, standing = listed()
	require.EqualValues(t, 7, standing)
}

// A deployment that was renamed must not take its own earlier refunds for somebody else's.
func TestRefundsOfAnIntentKeepTheirIdsWhicheverDeploymentMadeThem(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	r.repeat(t, refundRequest(in.ID, "rf_1"))
	renamed, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: r.url, Deployment: "boxoffice-pune"})
	require.NoError(t, err)
	refunds, err := renamed.RefundsOf(t.Context(), in.ID)
	require.NoError(t, err)
	require.Len(t, refunds, 1)
	require.Equal(t, "rf_1", refunds[0].RefundID)
}

func TestListingTheRefundsOfAnIntentFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	_, err := r.RefundsOf(t.Context(), "")
	fails(t, err, provider.KindRejected)
	in := r.paid(t, "pm_card_visa")
	r.fault(t, stripesim.RequestFault{Operation: stripesim.OpListRefunds, Mode: stripesim.RateLimit, Times: 1})
	_, err = r.RefundsOf(t.Context(), in.ID)
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
