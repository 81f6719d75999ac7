package sales

import (
	"time"

	"github.com/boxoffice/boxoffice/booking"
)

// PayAtOnce is how a booking is paid in the same go as it is held.
type PayAtOnce struct {
	// Method must be WALLET: everything else needs the customer once more.
	Method booking.Method
	// OnRefusal is what becomes of the seats when the wallet holds too little; nil stands for RELEASE.
	OnRefusal *booking.SeatsOnRefusal
}

// read refuses what cannot be paid at once.
func (p PayAtOnce) read(wanted HoldRequest, request booking.Request, now time.Time) (*booking.PayAtOnce, error) {
	if p.Method != booking.MethodWallet {
		return nil, booking.InvalidField("pay.method", "Only WALLET can pay with the same request. Leave pay out, and pay the booking in a second step.")
	}
	if request.CustomerID != wanted.By.ID {
		return nil, booking.Refuse(booking.CodeForbidden, "Only its owner may pay from a wallet.").With("field", "pay")
	}
	keep := p.OnRefusal != nil && *p.OnRefusal == booking.HoldSeats
	if !keep && p.OnRefusal != nil && *p.OnRefusal != booking.ReleaseSeats {
		return nil, booking.InvalidField("pay.onRefusal", "onRefusal must be RELEASE or HOLD.")
	}
	hash, err := payHash(p.Method, nil)
	return &booking.PayAtOnce{
		PayRequest: booking.PayRequest{
			PaymentID: booking.PaymentID(request.BookingID, wanted.IdempotencyKey), Method: p.Method,
			RequestHash: hash, CorrelationID: request.CorrelationID, At: now,
		},
		KeepSeats: keep,
	}, err
}
