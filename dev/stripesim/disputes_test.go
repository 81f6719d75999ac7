package stripesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// dispute opens a dispute of an intent and returns its id.
func (r *rig) dispute(t *testing.T, intentID string) string {
	t.Helper()
	made := r.control(t, http.MethodPost, "/_sim/disputes", `{"payment_intent":"`+intentID+`","reason":"fraudulent"}`)
	require.Equal(t, http.StatusOK, made.status, made.body)
	return fmt.Sprint(made.body["id"])
}

func (r *rig) moveDispute(t *testing.T, id, status string) int {
	t.Helper()
	return r.control(t, http.MethodPost, "/_sim/disputes/"+id, `{"status":"`+status+`"}`).status
}

func TestDisputesTellTheirStory(t *testing.T) {
	t.Parallel()
	const opened, taken = "charge.dispute.created", "charge.dispute.funds_withdrawn"
	for _, tc := range []struct {
		name  string
		moves []string
		want  []string
	}{
		{"open", nil, []string{opened, taken}},
		{"lost", []string{"lost"}, []string{opened, taken, "charge.dispute.closed"}},
		{"prevented", []string{"prevented"}, []string{opened, taken, "charge.dispute.closed", "charge.dispute.funds_reinstated"}},
		{
			"won",
			[]string{"under_review", "won"},
			[]string{opened, taken, "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_reinstated"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rec := newReceiver(t)
			r := newRig(t, webhookConfig(rec))
			in := r.paid(t, "pm_card_visa")
			id := r.dispute(t, in.ID)
			status := "needs_response"
			for _, status = range tc.moves {
				require.Equal(t, http.StatusOK, r.moveDispute(t, id, status))
			}
			rec.await(t, append([]string{created, charged, completed}, tc.want...)...)

			rec.mu.Lock()
			defer rec.mu.Unlock()
			for _, ev := range rec.events[3:] {
				var d stripe.Dispute
				require.NoError(t, json.Unmarshal(ev.Data.Raw, &d))
				require.Equal(t, id, d.ID)
				require.Equal(t, "dispute", d.Object)
				require.Equal(t, in.ID, d.PaymentIntent.ID)
				require.Equal(t, in.LatestCharge.ID, d.Charge.ID)
				require.EqualValues(t, 30200, d.Amount)
				require.Equal(t, stripe.CurrencyINR, d.Currency)
				require.Equal(t, stripe.DisputeReasonFraudulent, d.Reason)
				require.Greater(t, d.EvidenceDetails.DueBy, d.Created)
				require.Empty(t, d.Metadata)
				require.EqualValues(t, -30200, d.BalanceTransactions[0].Amount)
				require.EqualValues(t, 1500, d.BalanceTransactions[0].Fee)
				require.EqualValues(t, -31700, d.BalanceTransactions[0].Net)
				if d.Status == stripe.DisputeStatusWon || d.Status == "prevented" {
					require.Len(t, d.BalanceTransactions, 2)
					require.EqualValues(t, 30200, d.BalanceTransactions[1].Net)
					require.NotEqual(t, d.BalanceTransactions[0].ID, d.BalanceTransactions[1].ID)
				}
			}
			last := rec.events[len(rec.events)-1]
			require.Equal(t, status, last.GetObjectValue("status"))
		})
	}
}

func TestDisputesAreListed(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	one, two := r.paid(t, "pm_card_visa"), r.paid(t, "pm_card_visa")
	first, second := r.dispute(t, one.ID), r.dispute(t, two.ID)
	ids := func(query string) []any {
		var out []any
		for _, d := range r.get(t, "/v1/disputes"+query, secretKey).page(t) {
			out = append(out, d["id"])
		}
		return out
	}
	require.Equal(t, []any{second, first}, ids(""))
	require.Equal(t, []any{first}, ids("?payment_intent="+one.ID))
	require.Equal(t, []any{second}, ids("?charge="+two.LatestCharge.ID))
	require.Equal(t, []any{second}, ids("?limit=1"))
	require.Equal(t, []any{first}, ids("?limit=1&starting_after="+second))
	require.Equal(t, first, r.get(t, "/v1/disputes/"+first, secretKey).body["id"])
	require.Equal(t, http.StatusNotFound, r.get(t, "/v1/disputes/dp_unknown", secretKey).status)
	require.Equal(t, 2, r.Counts().ByBooking["bk_1"][stripesim.OpListDisputes]+r.Counts().ByBooking["bk_1"][stripesim.OpRetrieveDispute])
}

func TestDisputedMoneyCannotBeRefundedUnlessItIsWonBack(t *testing.T) {
	t.Parallel()
	for status, refundable := range map[string]bool{"": false, "under_review": false, "lost": false, "won": true, "prevented": true} {
		t.Run("dispute "+status, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, stripesim.Config{})
			in := r.paid(t, "pm_card_visa")
			id := r.dispute(t, in.ID)
			if status != "" {
				require.Equal(t, http.StatusOK, r.moveDispute(t, id, status))
			}
			_, err := r.refund(in.ID, 100)
			if refundable {
				require.NoError(t, err)
				return
			}
			require.Equal(t, stripe.ErrorCodeChargeDisputed, stripeError(t, err).Code)
		})
	}
}

func TestRefundedMoneyCanBeDisputedAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	_, err := r.refund(in.ID, 30200)
	require.NoError(t, err)
	d := r.get(t, "/v1/disputes/"+r.dispute(t, in.ID), secretKey)
	require.EqualValues(t, 30200, d.body["amount"])
}

func TestDisputesThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t, stripesim.Config{})
	in := r.paid(t, "pm_card_visa")
	for name, body := range map[string]string{
		"no intent":      `{}`,
		"unknown intent": `{"payment_intent":"pi_unknown"}`,
		"not paid":       `{"payment_intent":"` + r.create(t).ID + `"}`,
		"unknown reason": `{"payment_intent":"` + in.ID + `","reason":"bored"}`,
		"unknown field":  `{"payment_intent":"` + in.ID + `","colour":"red"}`,
	} {
		require.Equal(t, http.StatusBadRequest, r.control(t, http.MethodPost, "/_sim/disputes", body).status, name)
	}
	id, err := r.OpenDispute(in.ID, "")
	require.NoError(t, err)
	require.Equal(t, "general", r.get(t, "/v1/disputes/"+id, secretKey).body["reason"])
	_, err = r.OpenDispute(in.ID, "")
	require.ErrorContains(t, err, "already")

	for _, status := range []string{"", "needs_response", "lots"} {
		require.Equal(t, http.StatusBadRequest, r.moveDispute(t, id, status), status)
	}
	require.Equal(t, http.StatusBadRequest, r.moveDispute(t, "dp_unknown", "won"))
	require.Equal(t, http.StatusOK, r.moveDispute(t, id, "under_review"))
	require.Equal(t, http.StatusBadRequest, r.moveDispute(t, id, "under_review"))
	require.Equal(t, http.StatusOK, r.moveDispute(t, id, "won"))
	require.Equal(t, http.StatusBadRequest, r.moveDispute(t, id, "lost"), "what is decided stays")
	require.Equal(t, 1, r.EventCount("charge.dispute.closed"))
}

func TestDisputesSurviveAKill(t *testing.T) {
	t.Parallel()
	cfg := stripesim.Config{StateFile: filepath.Join(t.TempDir(), "state")}
	first := newRig(t, cfg)
	in := first.paid(t, "pm_card_visa")
	id := first.dispute(t, in.ID)
	require.Equal(t, http.StatusOK, first.moveDispute(t, id, "under_review"))
	require.NoError(t, first.Close())

	for range 2 { // once from what was appended, once from the compacted file
		next := newRig(t, cfg)
		require.Equal(t, "under_review", next.get(t, "/v1/disputes/"+id, secretKey).body["status"])
		_, err := next.refund(in.ID, 100)
		require.Equal(t, stripe.ErrorCodeChargeDisputed, stripeError(t, err).Code)
		require.NoError(t, next.Close())
	}
}
