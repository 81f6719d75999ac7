package stripesim_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

func (r *rig) refund(intentID string, amount int64) (*stripe.Refund, error) {
	return r.refunds.New(&stripe.RefundParams{
		PaymentIntent: stripe.String(intentID), Amount: stripe.Int64(amount),
		Metadata: map[string]string{"refund_id": "rf_1"},
	})
}

func TestRefundsNeverExceedTheCharge(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	_, err := r.refund(in.ID, 30201)
	require.Equal(t, "amount", stripeError(t, err).Param)
	part, err := r.refund(in.ID, 30000)
	require.NoError(t, err)
	require.Equal(t, stripe.RefundStatusSucceeded, part.Status)
	require.Equal(t, "rf_1", part.Metadata["refund_id"])
	_, err = r.refund(in.ID, 201)
	require.Error(t, err)
	rest, err := r.refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(in.ID)})
	require.NoError(t, err)
	require.EqualValues(t, 200, rest.Amount)
	_, err = r.refund(in.ID, 1)
	require.Equal(t, stripe.ErrorCodeChargeAlreadyRefunded, stripeError(t, err).Code)

	p := &stripe.RefundListParams{PaymentIntent: stripe.String(in.ID)}
	p.Limit = stripe.Int64(1)
	var ids []string
	for list := r.refunds.List(p); list.Next(); {
		ids = append(ids, list.Refund().ID)
	}
	require.Equal(t, []string{rest.ID, part.ID}, ids)
	got, err := r.refunds.Get(part.ID, nil)
	require.NoError(t, err)
	require.EqualValues(t, 30000, got.Amount)
}

func TestRefundNeedsASuccessfulCharge(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	_, err := r.refund(r.create(t).ID, 100)
	require.Equal(t, http.StatusBadRequest, stripeError(t, err).HTTPStatusCode)
	_, err = r.refund("pi_unknown", 100)
	require.Equal(t, stripe.ErrorCodeResourceMissing, stripeError(t, err).Code)
	_, err = r.refunds.New(&stripe.RefundParams{})
	require.Equal(t, stripe.ErrorCodeParameterMissing, stripeError(t, err).Code)
	_, err = r.refunds.Get("re_unknown", nil)
	require.Equal(t, http.StatusNotFound, stripeError(t, err).HTTPStatusCode)
}

func TestRefundsThatEndLater(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method  string
		first, second stripe.RefundStatus
		outcome       stripesim.Outcome
	}{
		{"pending, then there", "pm_card_pendingRefund", "pending", "succeeded", stripesim.Succeed},
		{"pending, then failed", "pm_card_pendingRefund", "pending", "failed", stripesim.Fail},
		{"pending, then cancelled", "pm_card_pendingRefund", "pending", "canceled", stripesim.Cancel},
		{"returned by the bank", "pm_card_refundFail", "succeeded", "failed", stripesim.Fail},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t)
			r := newRig(t, webhookConfig(rec))
			in := r.paid(t, tc.method)
			made, err := r.refund(in.ID, 30200)
			require.NoError(t, err)
			require.Equal(t, tc.first, made.Status)
			require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, "/_sim/refunds/"+made.ID+"/settle",
				`{"outcome":"`+string(tc.outcome)+`"}`).status)
			got, err := r.refunds.Get(made.ID, nil)
			require.NoError(t, err)
			require.Equal(t, tc.second, got.Status)
			require.Eventually(t, func() bool { return rec.count("refund.updated") == 1 }, patience, tick)
			require.Equal(t, tc.second == stripe.RefundStatusFailed, got.FailureReason != "")
			if tc.second != stripe.RefundStatusSucceeded {
				_, err = r.refund(in.ID, 30200)
				require.NoError(t, err, "the money is left to be refunded")
				require.Error(t, r.SettleRefund(made.ID, stripesim.Succeed), "it has ended")
			}
		})
	}
}

func TestEveryEventOfARefundCarriesItsMetadata(t *testing.T) {
	t.Parallel()
	rec := newReceiver(t)
	r := newRig(t, webhookConfig(rec))
	made, err := r.refund(r.paid(t, "pm_card_pendingRefund").ID, 30200)
	require.NoError(t, err)
	require.NoError(t, r.SettleRefund(made.ID, stripesim.Fail))
	rec.await(t, created, charged, completed, "refund.created", "charge.refunded",
		"refund.updated", "charge.refund.updated", "refund.failed")

	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, ev := range rec.events {
		if ev.GetObjectValue("object") == "refund" {
			require.Equal(t, made.ID, ev.GetObjectValue("id"))
			require.Equal(t, "rf_1", ev.GetObjectValue("metadata", "refund_id"), ev.Type)
			require.Equal(t, made.PaymentIntent.ID, ev.GetObjectValue("payment_intent"))
		}
	}
}

func TestOnlyAPendingRefundCanBeCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	made, err := r.refund(in.ID, 100)
	require.NoError(t, err)
	require.Error(t, r.SettleRefund(made.ID, stripesim.Cancel))
	require.Error(t, r.SettleIntent(in.ID, stripesim.Cancel))
}

func TestRefundsEndByThemselvesWhenConfigured(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{RefundDelay: time.Millisecond})
	made, err := r.refund(r.paid(t, "pm_card_pendingRefund").ID, 100)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		got, err := r.refunds.Get(made.ID, nil)
		return err == nil && got.Status == stripe.RefundStatusSucceeded
	}, patience, tick)
}

func TestRefundRefusedForWantOfFunds(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, "/_sim/faults",
		`{"requests":[{"operation":"create_refund","mode":"refuse","times":1,"code":"balance_insufficient"}]}`).status)
	_, err := r.refund(in.ID, 100)
	require.Equal(t, stripe.ErrorCodeBalanceInsufficient, stripeError(t, err).Code)
	_, err = r.refund(in.ID, 100)
	require.NoError(t, err)
}

func TestARefundMadeByHandSaysNotWhoseItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	made := r.control(t, http.MethodPost, "/_sim/refunds", `{"payment_intent":"`+in.ID+`","amount":400}`)
	require.Equal(t, http.StatusOK, made.status, made.body)
	got, err := r.refunds.Get(fmt.Sprint(made.body["id"]), nil)
	require.NoError(t, err)
	require.EqualValues(t, 400, got.Amount)
	require.Empty(t, got.Metadata)

	require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, "/_sim/refunds", `{"payment_intent":"`+in.ID+`","amount":-1}`).status)
	require.Equal(t, http.StatusOK, r.control(t, http.MethodPost, "/_sim/refunds", `{"payment_intent":"`+in.ID+`"}`).status, "all that is left")
	require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, "/_sim/refunds", `{"payment_intent":"`+in.ID+`"}`).status)
}
