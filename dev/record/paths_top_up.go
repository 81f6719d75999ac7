package main

import (
	"net/http"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// What top-ups are recorded with, in minor units.
const (
	topUpAmount = 50_000
	// shortTopUp is the amount of a top-up that is meant to expire: see shortenTopUps.
	shortTopUp = 51_000
	// largeTopUp is beyond every limit.
	largeTopUp = 100_000_000
)

// shortenTopUps has the top-ups of one amount end as soon as short holds do. Others last for half an hour.
const shortenTopUps = `
	CREATE FUNCTION shorten_top_ups() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		NEW.expires_at := date_trunc('milliseconds', now()) + interval '6 seconds';
		RETURN NEW;
	END $$;
	CREATE TRIGGER shorten_top_ups BEFORE INSERT ON top_ups FOR EACH ROW WHEN (NEW.amount = 51000) EXECUTE FUNCTION shorten_top_ups()`

// topUpPaths put money into a wallet, or try to.
func topUpPaths() []path {
	return []path{
		toppedUp("card_credited", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.untilTopUp(topUp, booking.TopUpSucceeded)
			s.settle(topUp.ProviderPayload.PaymentIntentId)
			s.keepSettlement(topUp.ProviderPayload.PaymentIntentId, "topup_already_credited", booking.SettledAlready)
		}),
		toppedUp("declined_then_credited", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			_, err := s.cleo.EnterCardForTopUp(s.ctx, topUp, "pm_card_visa_chargeDeclined")
			s.expect(err != nil, "the card should have been declined")
			s.untilTopUp(topUp, booking.TopUpDeclined)
			s.enterForTopUp(topUp, cardVisa, "succeeded")
		}),
		toppedUp("processing_then_credited", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, "pm_card_processing", "processing")
			s.untilTopUp(topUp, booking.TopUpProcessing)
			s.must(s.Simulator().SettleIntent(s.ctx, topUp.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		toppedUp("3ds_credited", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, "pm_card_threeDSecure2Required", "requires_action")
			s.must(s.Simulator().Authenticate(s.ctx, topUp.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		toppedUp("intent_cancelled_at_provider", booking.TopUpCancelled, func(s *scene, topUp openapi.TopUp) {
			s.must(s.cancelIntent(s.ctx, topUp.ProviderPayload.PaymentIntentId))
		}),
		toppedUp("given_up_unpaid", booking.TopUpCancelled, (*scene).giveUpTopUp),
		toppedUp("given_up_while_processing", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, "pm_card_processing", "processing")
			s.untilTopUp(topUp, booking.TopUpProcessing)
			s.giveUpTopUp(topUp)
			s.untilRetrying(booking.TopUpWorkflowID(topUp.TopUpId))
			s.must(s.Simulator().SettleIntent(s.ctx, topUp.ProviderPayload.PaymentIntentId, stripesim.Succeed))
		}),
		toppedUp("other_amount_settled", booking.TopUpCancelled, func(s *scene, topUp openapi.TopUp) {
			intent := topUp.ProviderPayload.PaymentIntentId
			s.must(s.Simulator().Ask(s.ctx, http.MethodPost, "/_sim/payment_intents/"+intent+"/amend", map[string]any{"amount": topUpAmount + 1}, nil))
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.keepSettlement(intent, "topup_wrong_amount_refunded", booking.SettledRefunded)
		}),
		toppedUp("other_amount_not_received", booking.TopUpCancelled, func(s *scene, topUp openapi.TopUp) {
			intent := topUp.ProviderPayload.PaymentIntentId
			s.signalTopUp(topUp, booking.PaymentEvent{EventID: "evt_other_amount", Kind: booking.PaymentEventSucceeded, Received: rupees(1)})
			s.keepSettlement(intent, "topup_nothing_received", booking.SettledNothing)
		}),
		toppedUp("topup_paid_only_by_an_event", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.signalTopUp(topUp, booking.PaymentEvent{EventID: "evt_only", Kind: booking.PaymentEventSucceeded, Received: rupees(topUpAmount)})
			s.until("operators are told that the provider denies it", func() (bool, error) { return s.flagged(topUp.ProviderPayload.PaymentIntentId) })
			s.enterForTopUp(topUp, cardVisa, "succeeded")
		}),
		toppedUp("topup_intent_cancelled_only_by_an_event", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.signalTopUp(topUp, booking.PaymentEvent{EventID: "evt_only", Kind: booking.PaymentEventCanceled})
			s.until("operators are told that the provider denies it", func() (bool, error) { return s.flagged(topUp.ProviderPayload.PaymentIntentId) })
			s.enterForTopUp(topUp, cardVisa, "succeeded")
		}),
		toppedUp("other_intent_paid", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			other := get(s.charge(s.ctx, topUpAmount, map[string]string{booking.MetadataTopUp: topUp.TopUpId}))
			s.keepSettlement(other, "topup_other_intent_refunded", booking.SettledRefunded)
			s.enterForTopUp(topUp, cardVisa, "succeeded")
		}),
		toppedUp("database_away_during_credit", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.whileLocked("SELECT FROM top_ups WHERE id = $1 FOR UPDATE", topUp.TopUpId, func() {
				s.enterForTopUp(topUp, cardVisa, "succeeded")
				s.untilEventOf(booking.TopUpWorkflowID(topUp.TopUpId), "the credit is tried as an activity", asks(booking.StepCreditTopUp))
			})
		}),
		{name: "refused_over_the_limit", play: func(s *scene) {
			s.keepTopUp(s.topUpBehindTheAPI(s.cleoID, largeTopUp), "", booking.CodeValidation)
		}},
		{name: "topup_not_served_in_time", play: func(s *scene) {
			ben := seed.Accounts[1].ID()
			var id string
			s.whileLocked("SELECT FROM ledger_accounts WHERE id = $1 FOR UPDATE", booking.WalletID(ben, "INR"), func() {
				id = s.topUpBehindTheAPI(ben, topUpAmount)
			})
			s.keepTopUp(id, "", booking.CodeUnavailable)
		}},
		{name: "topup_paid_without_its_workflow", play: func(s *scene) {
			topUp := s.openTopUp(topUpAmount)
			s.must(s.Temporal.TerminateWorkflow(s.ctx, booking.TopUpWorkflowID(topUp.TopUpId), "", "recording"))
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.keepSettlement(topUp.ProviderPayload.PaymentIntentId, "topup_credited_late", booking.SettledCredited)
		}},
		{name: "deadline_unpaid", play: func(s *scene) {
			s.keepTopUp(s.openTopUp(shortTopUp).TopUpId, booking.TopUpExpired, "")
		}},
	}
}

// silentTopUpPaths are those in which the top-up finds out for itself that it was paid.
func silentTopUpPaths() []path {
	return []path{
		toppedUp("given_up_but_paid", booking.TopUpSucceeded, func(s *scene, topUp openapi.TopUp) {
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.giveUpTopUp(topUp)
		}),
		{name: "deadline_finds_payment", play: func(s *scene) {
			topUp := s.openTopUp(shortTopUp)
			s.enterForTopUp(topUp, cardVisa, "succeeded")
			s.keepTopUp(topUp.TopUpId, booking.TopUpSucceeded, "")
		}},
	}
}

// topUpAwayPaths are those in which the provider does not answer when it is asked for an intent.
func topUpAwayPaths() []path {
	return []path{{name: "intent_unavailable", play: func(s *scene) {
		_, err := s.cleo.TopUp(s.ctx, s.key(), rupees(topUpAmount))
		s.refused(err, booking.CodeUnavailable)
		s.keepTopUp(s.topUpID(), "", booking.CodeUnavailable)
	}}}
}

// topUpRefusedPaths are those in which the provider will not have a top-up.
func topUpRefusedPaths() []path {
	return []path{{name: "intent_refused", play: func(s *scene) {
		_, err := s.cleo.TopUp(s.ctx, s.key(), rupees(topUpAmount))
		s.refused(err, booking.CodePaymentFailed)
		s.keepTopUp(s.topUpID(), "", booking.CodePaymentFailed)
	}}}
}

// topUpSlowPaths outlast the grace for charges that the provider is still processing.
func topUpSlowPaths() []path {
	return []path{{name: "topup_processing_past_grace", play: func(s *scene) {
		topUp := s.openTopUp(topUpAmount)
		intent := topUp.ProviderPayload.PaymentIntentId
		s.enterForTopUp(topUp, "pm_card_processing", "processing")
		s.giveUpTopUp(topUp)
		s.keepTopUp(topUp.TopUpId, booking.TopUpProcessing, "")
		s.untilRetrying(booking.SettlementWorkflowID(intent))
		s.must(s.Simulator().SettleIntent(s.ctx, intent, stripesim.Succeed))
		s.keepSettlement(intent, "topup_undecided_then_credited", booking.SettledCredited)
	}}}
}

// toppedUp is a path of a top-up that can be paid, and how it ends.
func toppedUp(name string, want booking.TopUpStatus, play func(*scene, openapi.TopUp)) path {
	return path{name: name, play: func(s *scene) {
		topUp := s.openTopUp(topUpAmount)
		play(s, topUp)
		s.keepTopUp(topUp.TopUpId, want, "")
	}}
}

func rupees(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "INR"} }

func (s *scene) openTopUp(amount int64) openapi.TopUp {
	topUp := get(s.cleo.TopUp(s.ctx, s.key(), rupees(amount)))
	s.expect(topUp.Status == booking.TopUpInitiated, "the top-up is %s", topUp.Status)
	return topUp
}

// topUpID is the top-up that the latest key stands for.
func (s *scene) topUpID() string { return booking.TopUpID(s.cleoID, s.latestKey()) }

// enterForTopUp pays a top-up with a card and wants its intent to become so.
func (s *scene) enterForTopUp(topUp openapi.TopUp, card, want string) {
	status := get(s.cleo.EnterCardForTopUp(s.ctx, topUp, card))
	s.expect(status == want, "the charge is %q, and should be %q", status, want)
}

// signalTopUp tells a top-up something about its intent that no provider has said.
func (s *scene) signalTopUp(topUp openapi.TopUp, event booking.PaymentEvent) {
	event.TopUpID, event.IntentID, event.OccurredAt = topUp.TopUpId, topUp.ProviderPayload.PaymentIntentId, time.Now()
	s.must(s.Temporal.SignalWorkflow(s.ctx, booking.TopUpWorkflowID(topUp.TopUpId), "", booking.SignalPaymentEvent, event))
}

// giveUpTopUp cancels a top-up as an operator may.
func (s *scene) giveUpTopUp(topUp openapi.TopUp) {
	s.must(s.Temporal.CancelWorkflow(s.ctx, booking.TopUpWorkflowID(topUp.TopUpId), ""))
}

func (s *scene) untilTopUp(topUp openapi.TopUp, want booking.TopUpStatus) {
	get(s.cleo.AwaitTopUp(s.ctx, topUp.TopUpId, want))
}

// topUpBehindTheAPI asks for a top-up as the API does, without its look at the limits before. It wants to be refused.
func (s *scene) topUpBehindTheAPI(userID string, amount int64) (topUpID string) {
	request := booking.TopUpRequest{
		TopUpID: booking.TopUpID(userID, s.key()), UserID: userID, Amount: rupees(amount),
		RequestHash: "hash-of-" + s.name, CorrelationID: "record-" + s.name,
	}
	start := client.StartWorkflowOptions{
		ID: booking.TopUpWorkflowID(request.TopUpID), WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	}
	_, err := s.startAndAsk(start, booking.TopUpWorkflow, request, booking.UpdateOpen, booking.UpdateOpen)
	s.expect(err != nil, "a top-up of %s was opened, and should have been refused", request.Amount)
	return request.TopUpID
}

// keepTopUp waits until a top-up's workflow has ended, checks its outcome, and keeps its history.
func (s *scene) keepTopUp(topUpID string, want booking.TopUpStatus, refusal booking.Code) {
	id := booking.TopUpWorkflowID(topUpID)
	outcome := ended[booking.TopUpOutcome](s, id, nil)
	s.expect(outcome.Status == want, "the top-up is %q (%s), and should be %q", outcome.Status, outcome.Reason, want)
	s.expectRefusal(outcome.Refusal, refusal)
	s.keep(id, "top_up", s.name)
}
