package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/apifuzz"
)

// Requests drawn from the contract, valid ones and ones that break it, are sent to the server, on a real database and with workflows that
// answer. An ordinary run of the tests sends some hundreds for each tag; more by -rapid.checks, and by go test ./api -fuzz FuzzContract, which
// goes by what code they reach.

// requestsPerCheck are sent in a row, so that a short run sends many.
const requestsPerCheck = 4

func TestContractHolds(t *testing.T) {
	t.Parallel()
	contract, err := apifuzz.Load(t.Context(), "openapi.yaml")
	require.NoError(t, err)
	groups := map[string][]apifuzz.Operation{}
	for _, op := range contract.Operations() {
		groups[op.Tags[0]] = append(groups[op.Tags[0]], op)
	}
	for tag, operations := range groups {
		t.Run(tag, func(t *testing.T) {
			t.Parallel()
			b := inhabited(t)
			requests := apifuzz.NewGenerator(contract, b.world()).Requests(operations...)
			rapid.Check(t, func(t *rapid.T) {
				for range requestsPerCheck {
					b.judge(t, contract, requests.Draw(t, "request"))
				}
			})
		})
	}
}

func FuzzContract(f *testing.F) {
	contract, err := apifuzz.Load(f.Context(), "openapi.yaml")
	require.NoError(f, err)
	b := inhabited(f)
	requests := apifuzz.NewGenerator(contract, b.world()).Requests()
	f.Add(make([]byte, 512))
	try := rapid.MakeFuzz(func(t *rapid.T) { b.judge(t, contract, requests.Draw(t, "request")) })
	f.Fuzz(func(t *testing.T, data []byte) {
		b.TB = t // the workflows are played in the name of the request
		try(t, data)
	})
}

// judge sends a request, as a server would read it, and wants the answer to be right.
func (b *bundle) judge(t *rapid.T, contract *apifuzz.Contract, sent apifuzz.Request) {
	t.Helper()
	request, err := sent.Read()
	if err != nil {
		return // it never reaches the API
	}
	recorder := httptest.NewRecorder()
	b.server.ServeHTTP(recorder, request.WithContext(t.Context()))
	if wrong := contract.Judge(t.Context(), sent, apifuzz.Answer{Status: recorder.Code, Header: recorder.Header(), Body: recorder.Body.Bytes()}); len(wrong) > 0 {
		t.Fatalf("%s\nis answered %d %s\nwrong: %q\nlog: %s", sent, recorder.Code, recorder.Body, wrong, b.lastLog())
	}
}

// lastLog is the end of what the server has logged.
func (b *bundle) lastLog() []byte {
	const most = 1500
	text := b.log.Bytes()
	return text[max(0, len(text)-most):]
}

// inhabited is a server with something of everything, behind which workflows answer.
func inhabited(tb testing.TB) *bundle {
	tb.Helper()
	b := setup(tb, unhurried, func(c *api.Config) { c.AuthRate = 1_000_000 })
	b.spend()
	b.exec(`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:us_asha:GBP', 'WALLET', 'us_asha', 'GBP')`)
	b.insert(row{id: "bk_3", show: "sh_tamil", seats: []string{"A1", "A2", "A3"}, status: booking.StatusConfirmed})
	b.insertPayment("pay_3", "bk_3", "hash", booking.PaymentSucceeded)
	b.insert(row{id: "bk_expired", status: booking.StatusExpired, expires: -time.Hour})
	b.insert(row{id: "bk_cancelled", status: booking.StatusCancelled})
	b.insert(row{id: "bk_ravi", customer: ravi, show: "sh_london", seats: []string{"B1"}})
	b.insertPayment("pay_x", "bk_expired", "hash", booking.PaymentRefunding)
	b.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ($1, 'bk_expired', 'pay_x', 'pi_pay_x', 'CARD', 30000, 'INR', 'late', 'NEEDS_ATTENTION', 'test')`, someRefund)
	b.event("", booking.RefundInitiated, nil, "SYSTEM", "late")
	b.exec(`INSERT INTO flags (kind, subject, message) SELECT 'DISPUTE', 'dp_' || n, 'disputed' FROM generate_series(1, 30) n`)
	b.exec(`INSERT INTO disputes (id, intent_id, amount, currency, reason, status, opened_at, updated_at)
	        SELECT 'dp_' || n, 'pi_' || n, 100, 'INR', 'general', 'lost', now(), now() FROM generate_series(0, 3) n`)
	b.tell("bk_1", booking.NoticeReminder, 5)
	b.tell("bk_3", booking.NoticeShowCancelled, 3)
	b.begun(booking.CascadeShow, "sh_closed", ada)
	b.begun(booking.CascadeTheatre, "th_odeon", ada)
	b.exec("UPDATE users SET password_hash = $1 WHERE id = $2", anyHash, ravi)
	b.accepted(intentEvent("evt_ignored", "customer.created", someBooking, nil), "IGNORED")
	b.temporal.onSignal = func(string, booking.PaymentEvent) error { return nil }
	b.accepted(intentEvent("evt_told", "payment_intent.succeeded", someBooking, nil), "SIGNALLED")
	b.answer()
	return b
}

// anyHash is a password's, of which nobody knows the password.
const anyHash = "$2a$04$Q9qmTKMuBZVJFvXLbFoGIuOgUAtW3wuuSOXc8vmpi5B4OGPYSeqXu"

// answer plays all workflows: they hold seats and open top-ups, begin and pause cascades, and refuse the rest.
func (b *bundle) answer() {
	b.holds()
	b.opens()
	no := refuse(booking.Refuse(booking.CodePaymentPending, "Not now."))
	b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, no })
	b.temporal.onRun = func(client.StartWorkflowOptions, any) (any, error) {
		return booking.SeatMoveOutcome{Refusal: booking.SeatsTaken("sh_tamil", []string{"B1"})}, nil
	}
	b.temporal.onResult = func(string) (booking.Outcome, error) { return booking.Outcome{}, errNoWorkflow }
	b.answerCommands()
	cascades := b.temporal.onCommand
	b.temporal.onCommand = func(ctx context.Context, options client.UpdateWorkflowOptions) (any, error) {
		if slices.Contains([]string{booking.UpdateBegin, booking.UpdatePause, booking.UpdateResume}, options.UpdateName) {
			return cascades(ctx, options)
		}
		return nil, no
	}
}

// world is what the requests to an inhabited server can be about.
func (b *bundle) world() *apifuzz.World {
	b.Helper()
	world, err := apifuzz.NewWorld(jwtSecret, webhookSecret, map[apifuzz.Role]string{
		apifuzz.Customer: asha, apifuzz.Staff: sam, apifuzz.Partner: paul, apifuzz.Administrator: ada,
	})
	require.NoError(b, err)
	for name, values := range map[string][]string{
		"cityId": {"mumbai", "london"}, "movieId": {"mv_sholay", "mv_arrival", "mv_zodiac"}, "theatreId": {"th_eros", "th_regal", "th_odeon"},
		"showId": {"sh_hindi", "sh_closed", "sh_started", "sh_tamil", "sh_london"}, "refundId": {someRefund}, "eventId": {"evt_ignored", "evt_told"},
		"bookingId": {"bk_1", "bk_2", "bk_3", "bk_expired", "bk_cancelled", "bk_ravi"}, "currency": {"INR", "GBP"}, "eventIntent": {"pi_pay_3", "pi_1"},
		"paymentIntentId": {"pi_pay_3"}, "seat": {"A1", "A2", "A3", "A5", "B1", "B5", "C1"}, "flagId": {"1", "2", "7", "30"}, "email": {"ravi@example.com"},
		"cascadeId":  {booking.CascadeID(booking.CascadeShow, "sh_closed"), booking.CascadeID(booking.CascadeTheatre, "th_odeon")},
		"couponCode": {"WELCOME10"}, "language": {"Hindi", "tamil"}, "expectedRefund": {"0", "15000"},
	} {
		world.Know(name, values...)
	}
	// Cursors are found as callers find them.
	for id, path := range map[string]string{
		"listMovies": "/api/v1/movies", "listBookings": bookings, "listNotices": notices, "listWalletTransactions": "/api/v1/wallet/transactions",
		"listFlags": admin + "/flags", "listDisputes": admin + "/disputes", "listCascades": admin + "/cascades", "listWebhooks": admin + "/webhooks",
	} {
		user := asha
		if len(path) > len(admin) && path[:len(admin)] == admin {
			user = ada
		}
		world.Learn(id, b.get(user, path+"?limit=1").is(http.StatusOK, nil).body)
	}
	return world
}
