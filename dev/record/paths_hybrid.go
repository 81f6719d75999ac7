package main

import (
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// walletPart is what the wallet gives to a hybrid payment, in minor units.
const walletPart = 10_000

// hybridPaths pay from the wallet and by card.
func hybridPaths() []path {
	return []path{
		{name: "hybrid_confirmed", want: booking.StatusConfirmed, play: func(s *scene) {
			s.enter(s.holdAndPayInParts(), "pm_card_visa", "succeeded")
		}},
		{name: "hybrid_all_from_the_wallet", want: booking.StatusConfirmed, play: func(s *scene) {
			s.hold(s.asha)
			payment := get(s.asha.Pay(s.ctx, s.key(), s.booking, booking.MethodWalletAndCard))
			s.expect(payment.Method == booking.MethodWallet, "the wallet can pay all, and it is %s", payment.Method)
		}},
		{name: "hybrid_all_by_card", want: booking.StatusConfirmed, play: func(s *scene) {
			s.hold(s.cleo)
			payment := get(s.cleo.Pay(s.ctx, s.key(), s.booking, booking.MethodWalletAndCard))
			s.expect(payment.Method == booking.MethodCard, "the wallet is empty, and it is %s", payment.Method)
			s.enter(payment, "pm_card_visa", "succeeded")
		}},
		{name: "hybrid_insufficient_then_card", want: booking.StatusConfirmed, play: func(s *scene) {
			s.hold(s.cleo)
			_, err := s.cleo.PayInParts(s.ctx, s.key(), s.booking, walletPart)
			s.refused(err, booking.CodeInsufficientFunds)
			payment := get(s.cleo.Pay(s.ctx, s.key(), s.booking, booking.MethodCard))
			s.enter(payment, "pm_card_visa", "succeeded")
		}},
		{name: "hybrid_declined_then_wallet", want: booking.StatusConfirmed, play: func(s *scene) {
			s.enterDeclined(s.holdAndPayInParts())
			s.payFromWallet()
		}},
		{name: "hybrid_then_other_parts", want: booking.StatusConfirmed, play: func(s *scene) {
			s.holdAndPayInParts()
			payment := get(s.asha.PayInParts(s.ctx, s.key(), s.booking, 2*walletPart))
			s.enter(payment, "pm_card_visa", "succeeded")
		}},
		{name: "hybrid_expired", holdSeconds: shortHold, want: booking.StatusExpired, play: func(s *scene) { s.holdAndPayInParts() }},
		{name: "hybrid_show_closed_before_confirm_refunded", want: booking.StatusFailed, play: func(s *scene) {
			payment := s.holdAndPayInParts()
			s.closeShow()
			s.enter(payment, "pm_card_visa", "succeeded")
			s.await(booking.StatusFailed)
			s.expectRefunded(payment.ProviderPayload.PaymentIntentId)
		}},
	}
}

// holdAndPayInParts gets as far as a hybrid payment that waits for its card.
func (s *scene) holdAndPayInParts() openapi.Payment {
	s.hold(s.asha)
	return get(s.asha.PayInParts(s.ctx, s.key(), s.booking, walletPart))
}
