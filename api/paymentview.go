package api

import (
	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// providerName is whom a card is paid at.
const providerName = "stripe"

// paymentView is the one place that makes a payment's answer of its row; the client secret is empty when it is not known any more.
func (h *handlers) paymentView(row db.Payment, status booking.Status, clientSecret string) openapi.Payment {
	view := openapi.Payment{
		Id: row.ID, BookingStatus: status, Status: row.Status, Method: row.Method, Attempt: int(row.Attempt), Currency: row.Currency,
		Tenders: []openapi.Tender{},
	}
	if isUnpaidAttempt(row.Status) {
		view.DeclineCode = row.DeclineCode
	}
	if row.WalletAmount > 0 || row.Method == booking.MethodWallet {
		view.Tenders = append(view.Tenders, openapi.Tender{Tender: booking.TenderWallet, Amount: row.WalletAmount})
	}
	if row.CardAmount > 0 {
		view.Tenders = append(view.Tenders, openapi.Tender{Tender: booking.TenderCard, Amount: row.CardAmount})
	}
	if row.IntentID != nil && *row.IntentID != "" {
		view.Provider = &openapi.ProviderPayment{
			Name: providerName, PaymentIntentId: *row.IntentID, ClientSecret: optional(clientSecret),
			PublishableKey: optional(h.config.StripePublishableKey),
		}
	}
	return view
}

// isUnpaidAttempt says that an attempt has not collected anything, so that the last decline is still of interest.
func isUnpaidAttempt(payment booking.PaymentStatus) bool {
	switch payment {
	case booking.PaymentSucceeded, booking.PaymentRefunding, booking.PaymentRefunded:
		return false
	default:
		return true
	}
}

// isOpen says whether the customer may still pay a payment at the provider.
func isOpen(payment booking.PaymentStatus, status booking.Status) bool {
	switch payment {
	case booking.PaymentInitiated, booking.PaymentProcessing, booking.PaymentDeclined:
		return status.Payable()
	default:
		return false
	}
}
