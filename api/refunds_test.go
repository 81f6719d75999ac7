package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// event writes what happened to someRefund.
func (b *bundle) event(from, to booking.RefundStatus, commandID any, actor, reason string) {
	b.Helper()
	b.exec(`INSERT INTO refund_events (refund_id, attempt, tender, from_status, to_status, command_id, actor, reason, correlation_id)
	        VALUES ($1, 1, 'CARD', NULLIF($2, ''), $3, $4, $5, $6, 'test')`, someRefund, from, to, commandID, actor, reason)
}

func TestRefundsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(`INSERT INTO refunds (id, intent_id, tender, amount, currency, reason, status, correlation_id, created_at)
	        SELECT 'rf_' || n, 'pi_' || n, 'CARD', 100, 'INR', 'late', CASE WHEN n % 2 = 0 THEN 'SUCCEEDED' ELSE 'NEEDS_ATTENTION' END, 'test',
	               now() - (n / 3) * interval '1 minute' FROM generate_series(0, 5) n`)
	require.Equal(t, []string{"rf_2", "rf_1", "rf_0", "rf_5", "rf_4", "rf_3"}, b.page(admin+"/refunds"))
	require.Equal(t, []string{"rf_1", "rf_5", "rf_3"}, b.page(admin+"/refunds?status=NEEDS_ATTENTION"))
	require.Empty(t, b.page(admin+"/refunds?status=FAILED"))
	for query, field := range map[string]string{"status=LOST": "status", "status=": "status", "limit=0": "limit", "limit=101": "limit", "cursor=x": "cursor"} {
		require.Equal(t, field, b.get(ada, admin+"/refunds?"+query).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], query)
	}
	var page openapi.AdminRefundList
	b.get(ada, admin+"/refunds?limit=1").is(http.StatusOK, &page)
	b.get(ada, admin+"/disputes?cursor="+*page.NextCursor).refuses(http.StatusBadRequest, booking.CodeValidation)
}

func TestARefundTellsItsStory(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundNeedsAttention)
	b.exec("UPDATE refunds SET failure_code = 'charge_disputed', provider_refund_id = 're_1'")
	b.event("", booking.RefundInitiated, nil, "SYSTEM", "late")
	b.event(booking.RefundInitiated, booking.RefundNeedsAttention, nil, "PROVIDER", "refused")
	var told openapi.RefundHistory
	got := b.get(ada, admin+"/refunds/"+someRefund).is(http.StatusOK, &told)
	require.Equal(t, booking.RefundNeedsAttention, told.Refund.Status)
	require.Equal(t, "charge_disputed", *told.Refund.FailureCode)
	require.Equal(t, "re_1", *told.Refund.ProviderRefundId)
	require.Equal(t, "pi_pay_1", *told.Refund.PaymentIntentId)
	require.EqualValues(t, 30000, told.Refund.Amount)
	require.Len(t, told.Events, 2)
	require.Nil(t, told.Events[0].From)
	require.Equal(t, booking.RefundInitiated, *told.Events[1].From)
	require.Equal(t, booking.RefundNeedsAttention, told.Events[1].To)
	require.NotContains(t, string(got.body), "asha")
	require.NotContains(t, string(got.body), "ommandId")

	for _, id := range []string{"rf_none", "a%00", "x%20y"} {
		b.get(ada, admin+"/refunds/"+id).refuses(http.StatusNotFound, booking.CodeNotFound)
	}
}

func TestRefundsAreRetriedDivertedSettledAndClosed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]booking.RefundStatus{
		booking.UpdateRetry: booking.RefundSucceeded, booking.UpdateDivert: booking.RefundSucceeded, booking.UpdateSettle: booking.RefundSucceeded,
		booking.UpdateClose: booking.RefundClosed,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withRefund(t, booking.RefundNeedsAttention)
			path := admin + "/refunds/" + someRefund + "/" + name
			b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
				command := asked[booking.RefundCommand](t, options.Args)
				require.Equal(t, booking.RefundWorkflowID(someRefund), options.WorkflowID)
				require.Equal(t, name, options.UpdateName)
				require.Empty(t, options.UpdateID, "a refused command may be sent again")
				require.Equal(t, booking.RefundCommandID(someRefund, name, ada, "key-00001"), command.CommandID)
				require.Equal(t, client.WorkflowUpdateStageAccepted, options.WaitForStage, "the provider may take its time")
				require.Equal(t, someRefund, command.RefundID)
				require.Equal(t, ada, command.Actor)
				require.Equal(t, "asked the bank", command.Reason)
				require.NotEmpty(t, command.CorrelationID)
				b.exec("UPDATE refunds SET status = $1", end)
				b.event(booking.RefundNeedsAttention, end, command.CommandID, command.Actor, command.Reason)
				return booking.RefundReceipt{RefundID: someRefund, Status: end}, nil
			})
			for range 3 {
				var told openapi.RefundHistory
				b.post(ada, path, "key-00001", reason("asked the bank ")).is(http.StatusOK, &told)
				require.Equal(t, end, told.Refund.Status)
				require.Len(t, told.Events, 1)
				require.Equal(t, ada, told.Events[0].Actor)
				require.Equal(t, "asked the bank", told.Events[0].Reason)
			}
			require.Len(t, b.temporal.updates, 1, "a repeat does nothing")
			b.post(ada, path, "key-00001", reason("another reason")).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
			require.Len(t, b.temporal.updates, 1)

			b.temporal.onCommand = answering(func(client.UpdateWorkflowOptions) (any, error) {
				return nil, refuse(booking.Refuse(booking.CodeInvalidState, "Only a refund that the provider has refused can be retried, diverted or settled.").
					With("status", end))
			})
			details := b.post(ada, path, "key-00002", reason("again")).refuses(http.StatusConflict, booking.CodeInvalidState)
			require.EqualValues(t, end, details["status"])
			require.Len(t, b.temporal.updates, 2)
		})
	}
}

// A refund that is not decided keeps its workflow for hours, and with it the answers to all updates that had an id.
func TestARefusedCommandMayBeSentAgain(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundFailed)
	answered := map[string]error{}
	away := refuse(booking.Refuse(booking.CodeUnavailable, "The payment provider does not answer. Try again in a moment."))
	b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		if said, known := answered[options.UpdateID]; known && options.UpdateID != "" {
			return nil, said
		}
		answered[options.UpdateID] = away
		if len(b.temporal.updates) == 1 {
			return nil, away
		}
		command := asked[booking.RefundCommand](t, options.Args)
		b.event(booking.RefundFailed, booking.RefundInitiated, command.CommandID, command.Actor, command.Reason)
		return booking.RefundReceipt{RefundID: someRefund, Status: booking.RefundInitiated}, nil
	})
	path := admin + "/refunds/" + someRefund + "/retry"
	b.post(ada, path, "key-00001", reason("asked the bank")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.post(ada, path, "key-00001", reason("asked the bank")).is(http.StatusOK, nil)
}

func TestCommandsUnderOneKeyMeet(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundFailed)
	b.temporal.onCommand = answering(func(options client.UpdateWorkflowOptions) (any, error) {
		command := asked[booking.RefundCommand](t, options.Args)
		b.event(booking.RefundFailed, booking.RefundInitiated, command.CommandID, command.Actor, "the first one's reason")
		return booking.RefundReceipt{RefundID: someRefund, Status: booking.RefundInitiated}, nil
	})
	b.post(ada, admin+"/refunds/"+someRefund+"/retry", "key-00001", reason("the second one's reason")).
		refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
}

func TestCommandsOfOneKeyAreToldApart(t *testing.T) {
	t.Parallel()
	retry := booking.RefundCommandID(someRefund, booking.UpdateRetry, ada, "key-00001")
	for _, other := range []string{
		booking.RefundCommandID(someRefund, booking.UpdateDivert, ada, "key-00001"),
		booking.RefundCommandID(someRefund, booking.UpdateRetry, "us_bob", "key-00001"),
		booking.RefundCommandID(someRefund, booking.UpdateRetry, ada, "key-00002"),
		booking.RefundCommandID("rf_other", booking.UpdateRetry, ada, "key-00001"),
	} {
		require.NotEqual(t, retry, other)
	}
}

func TestBadRefundCommands(t *testing.T) {
	t.Parallel()
	b := withRefund(t, booking.RefundNeedsAttention)
	for _, name := range []string{"retry", "divert", "settle", "close"} {
		path := admin + "/refunds/" + someRefund + "/" + name
		for _, body := range []any{reason(""), reason(" "), reason(strings.Repeat("x", 501)), reason("a\x00b"), map[string]any{}} {
			require.Equal(t, "reason", b.post(ada, path, "key-00001", body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
		}
		b.post(ada, path, "key-00001", `{"reason": 5}`).refuses(http.StatusBadRequest, booking.CodeValidation)
		b.post(ada, path, "key-00001", nil).refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
		b.post(ada, path, "short", reason("because")).refuses(http.StatusBadRequest, booking.CodeValidation)
		b.post(ada, path, "", reason("because")).refuses(http.StatusBadRequest, booking.CodeValidation)
		b.post(asha, path, "key-00001", reason("because")).refuses(http.StatusForbidden, booking.CodeForbidden)
		b.post("", path, "key-00001", reason("because")).refuses(http.StatusUnauthorized, booking.CodeUnauthorized)
		for _, id := range []string{"rf_none", "a%00"} {
			b.post(ada, admin+"/refunds/"+id+"/"+name, "key-00001", reason("because")).refuses(http.StatusNotFound, booking.CodeNotFound)
		}
		require.Empty(t, b.temporal.starts)
		b.post(ada, path, "key-00001", reason("because")).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		b.temporal.starts = nil
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM refund_events"))
}
