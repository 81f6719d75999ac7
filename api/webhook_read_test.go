package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// unreadable has an event accepted of which nobody can tell what it means: the provider is not to repeat it for days. It leaves one row, which
// is gone afterwards, and one flag however many there are.
func (b *bundle) unreadable(what, body string) {
	b.Helper()
	for _, status := range []string{"UNREADABLE", "DUPLICATE"} {
		var receipt openapi.WebhookReceipt
		b.deliver(body, time.Now(), webhookSecret).is(http.StatusOK, &receipt)
		require.Equal(b, status, receipt.Status, what)
	}
	require.Equal(b, 1, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'UNREADABLE' AND event IS NULL"), what)
	require.Equal(b, 1, b.count("SELECT count(*) FROM flags WHERE kind = 'PROVIDER' AND subject = 'unreadable-events' AND resolved_at IS NULL"), what)
	b.exec("DELETE FROM webhook_events")
}

// thinEvent is an event of the provider's API v2, as its documentation has it.
func thinEvent(id, kind string) string {
	return fmt.Sprintf(`{"id":%q,"object":"v2.core.event","type":%q,"livemode":false,"created":"2026-11-30T08:15:00.123Z","context":null,
		"related_object":{"id":"pi_1","type":"payment_intent","url":"/v1/payment_intents/pi_1"}}`, id, kind)
}

func TestAThinEventIsAcceptedAndSeen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.accepted(thinEvent("evt_thin_1", "v1.payment_intent.succeeded"), "UNREADABLE")
	b.accepted(thinEvent("evt_thin_1", "v1.payment_intent.succeeded"), "DUPLICATE")
	b.accepted(thinEvent("evt_thin_2", "v2.core.account.updated"), "IGNORED")
	require.Empty(t, b.temporal.signals)
	require.Empty(t, b.temporal.starts)

	var list openapi.WebhookList
	b.get(ada, admin+"/webhooks?outcome=UNREADABLE").is(http.StatusOK, &list)
	require.Len(t, list.Webhooks, 1)
	require.Equal(t, "evt_thin_1", list.Webhooks[0].EventId)
	require.Equal(t, "payment_intent.succeeded", list.Webhooks[0].Type)
	require.Equal(t, time.Date(2026, 11, 30, 8, 15, 0, 123e6, time.UTC), list.Webhooks[0].OccurredAt)
	require.False(t, list.Webhooks[0].Replayable)
	b.post(ada, admin+"/webhooks/evt_thin_1/replay", "", reason("x")).refuses(http.StatusConflict, booking.CodeInvalidState)

	var flags openapi.FlagList
	b.get(ada, admin+"/flags?kind=PROVIDER").is(http.StatusOK, &flags)
	require.Len(t, flags.Flags, 1)
	require.Contains(t, flags.Flags[0].Message, "evt_thin_1")
}

func TestSignedEventsOfAnotherShapeAreAcceptedAndSeen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, body := range []string{
		"{", "[]", "{}", `"x"`, "\xff", `{"type":7}`,
		`{"id":"evt_1","type":"payment_intent.succeeded"}`, `{"id":"evt_1","type":"payment_intent.succeeded","data":[]}`,
		`{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{"object":{"id":5}}}`,
		`{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}`,
		`{"id":"evt_1","type":"payment_intent.succeeded","created":9223372036854775807,"data":{"object":{"id":"pi_1"}}}`,
		`{"id":"evt_1","type":"payment_intent.succeeded","created":-1,"data":{"object":{"id":"pi_1"}}}`,
		`{"type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1"}}}`,
		`{"id":7,"type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1"}}}`,
		fmt.Sprintf(`{"id":%q,"type":"payment_intent.succeeded","created":1,"data":{"object":{"id":"pi_1"}}}`, strings.Repeat("e", 65)),
	} {
		b.unreadable(body, body)
	}
	require.Empty(t, b.temporal.signals)
	require.Empty(t, b.temporal.starts)
}

// What no type of ours is may look as it likes.
func TestEventsOfAnotherShapeThatMeanNothingRaiseNoFlag(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, body := range []string{
		`{"id":"evt_0","type":"customer.created","created":9223372036854775807,"data":{"object":{}}}`,
		`{"id":"evt_1","type":"customer.created"}`,
		`{"type":"customer.created","created":"yesterday","data":7}`,
	} {
		b.accepted(body, "IGNORED")
		b.accepted(body, "DUPLICATE")
		require.Equal(t, n+1, b.count("SELECT count(*) FROM webhook_events WHERE outcome = 'IGNORED'"))
	}
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags"))
}

func TestAnUnreadableEventComesAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec("REVOKE INSERT ON flags FROM boxoffice_api")
	b.deliver(thinEvent("evt_1", "v1.refund.failed"), time.Now(), webhookSecret).refuses(http.StatusInternalServerError, booking.CodeInternal)
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	b.exec("GRANT INSERT ON flags TO boxoffice_api")
	b.accepted(thinEvent("evt_1", "v1.refund.failed"), "UNREADABLE")
}

// Anybody can send what is not signed: it must not fill a table, nor call an operator again and again.
func TestRepeatedBadSignaturesAreFlaggedOnceInAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	flags := func() int {
		return b.count("SELECT count(*) FROM flags WHERE kind = 'PROVIDER' AND subject = 'signatures'")
	}
	event := intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil)
	fail := func() {
		t.Helper()
		b.deliver(event, time.Now(), "whsec_other").refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	for range 4 {
		fail()
	}
	require.Equal(t, 0, flags(), "a few happen")
	for range 50 {
		fail()
	}
	require.Equal(t, 1, flags())
	resolve := func() { b.exec("UPDATE flags SET resolved_at = now(), resolved_by = 'us_ada', resolution = 'seen'") }
	resolve()
	fail()
	require.Equal(t, 1, flags(), "whoever has resolved it has an hour")
	b.later(time.Hour)
	for range 5 {
		fail()
	}
	require.Equal(t, 2, flags(), "it goes on")
	require.Equal(t, 0, b.count("SELECT count(*) FROM webhook_events"))
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags WHERE message LIKE '%evt_1%'"), "nothing is repeated of what they say")
}

func TestTheFlagAboutSignaturesIsRaisedOnceTheDatabaseTakesIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fail := func() {
		t.Helper()
		b.deliver("{}", time.Now(), "whsec_other").refuses(http.StatusBadRequest, booking.CodeValidation)
	}
	b.exec("REVOKE INSERT ON flags FROM boxoffice_api")
	for range 5 {
		fail()
	}
	b.exec("GRANT INSERT ON flags TO boxoffice_api")
	fail()
	require.Equal(t, 0, b.count("SELECT count(*) FROM flags"), "each delivery would cost a statement")
	b.later(time.Minute)
	fail()
	require.Equal(t, 1, b.count("SELECT count(*) FROM flags"))
}

func TestTwoSecretsAreTakenWhileOneIsReplaced(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.StripeWebhookSecret = "whsec_next, " + webhookSecret })
	for n, secret := range []string{"whsec_next", webhookSecret} {
		var receipt openapi.WebhookReceipt
		b.deliver(intentEvent(fmt.Sprint("evt_", n), "customer.created", "", nil), time.Now(), secret).is(http.StatusOK, &receipt)
		require.Equal(t, "IGNORED", receipt.Status)
	}
	for _, secret := range []string{"whsec_other", "", " ", b.config.StripeWebhookSecret} {
		b.deliver(intentEvent("evt_3", "customer.created", "", nil), time.Now(), secret).refuses(http.StatusBadRequest, booking.CodeValidation)
	}
}
