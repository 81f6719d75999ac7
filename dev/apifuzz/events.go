package apifuzz

import (
	"time"

	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
)

// eventTypes are events of the payment provider, those that mean something and others.
var eventTypes = []string{
	"payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing", "payment_intent.canceled",
	"refund.created", "refund.updated", "refund.failed", "charge.refund.updated",
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "customer.created", "charge.refunded",
}

// event draws an event of the payment provider about money that may be ours. tidy says that it is as the provider writes them; others hold
// text of any kind wherever there is text. Intents are those that are known as "eventIntent", or invented: of those
// the provider knows nothing.
func (g *Generator) event(t *rapid.T) (text string, tidy bool) {
	tidy = rapid.IntRange(0, 2).Draw(t, "tidy") > 0
	known := func(name, pattern string) string {
		if ids := g.world.of(name); len(ids) > 0 && rapid.Bool().Draw(t, "known "+name) {
			return rapid.SampledFrom(ids).Draw(t, name)
		}
		return rapid.StringMatching(pattern).Draw(t, name)
	}
	word := func(name string, words ...string) string {
		if tidy {
			return rapid.SampledFrom(words).Draw(t, name)
		}
		return rapid.OneOf(rapid.SampledFrom(words), rapid.SampledFrom(oddTexts), rapid.String()).Draw(t, name)
	}
	metadata := map[string]any{booking.MetadataDeployment: word("deployment", booking.DefaultDeployment, "another")}
	about := rapid.IntRange(0, 3).Draw(t, "about")
	switch about {
	case 0:
		metadata[booking.MetadataBooking] = known("bookingId", `bk_[a-z2-7]{26}`)
	case 1:
		metadata[booking.MetadataTopUp] = known("topUpId", `tu_[a-z2-7]{26}`)
	case 2:
		metadata[booking.MetadataRefund] = known("refundId", `rf_[a-z2-7]{26}`) + ":1"
	}
	amounts := rapid.Int64Range(0, 1_000_000)
	moments := rapid.Int64Range(1, time.Now().Unix())
	if !tidy {
		amounts, moments = rapid.Int64(), rapid.Int64()
	}
	intent := known("eventIntent", `pi_[A-Za-z0-9]{1,24}`)
	object := map[string]any{
		"id": intent, "amount": amounts.Draw(t, "amount"), "amount_received": amounts.Draw(t, "amount received"),
		"currency": word("currency", "inr", "gbp"), "status": word("status", "succeeded", "failed", "pending", "needs_response"),
		"reason": word("reason", "fraudulent", "general"), "payment_intent": intent, "created": moments.Draw(t, "made"), "metadata": metadata,
		"last_payment_error": map[string]any{"code": word("code", "card_declined"), "decline_code": word("decline code", "lost_card", "")},
	}
	return encode(map[string]any{
		"id": known("eventId", `evt_[A-Za-z0-9]{1,24}`), "object": "event", "api_version": word("version", "2023-10-16", "2099-01-01"),
		"type": word("type", eventTypes...), "created": moments.Draw(t, "created"), "data": map[string]any{"object": object},
	}), tidy
}
