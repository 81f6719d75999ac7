package pricing

import (
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/booking"
)

// Tier is the percentage that goes back when a customer cancels at least so many hours before the show.
type Tier struct {
	HoursBefore int
	Percent     int
}

// Policy is what a customer who cancels gets back.
type Policy struct {
	ID int64
	// Fee is taken only once from what a booking gets back, in minor units, however many cancellations there are.
	Fee   int64
	Tiers []Tier
}

// Tier finds the tier that applies when so much time is left before the show: of those that still
// apply, the one with the most hours. After the cut-off there is none.
func (p Policy) Tier(left time.Duration) (Tier, bool) {
	best, found := Tier{}, false
	for _, tier := range p.Tiers {
		if time.Duration(tier.HoursBefore)*time.Hour <= left && (!found || tier.HoursBefore > best.HoursBefore) {
			best, found = tier, true
		}
	}
	return best, found
}

// CutOff is how long before the show the last tier ends; false when there are no tiers.
func (p Policy) CutOff() (time.Duration, bool) {
	if len(p.Tiers) == 0 {
		return 0, false
	}
	last := slices.MinFunc(p.Tiers, func(a, b Tier) int { return a.HoursBefore - b.HoursBefore })
	return time.Duration(last.HoursBefore) * time.Hour, true
}

// Sale is what a cancellation needs to know of a booking.
type Sale struct {
	BookingID string
	Status    booking.Status
	// Quote is the frozen quote, with all its seats; Cancelled are those that no longer belong to the booking.
	Quote     booking.Quote
	Cancelled []string
	// Wallet and Card are what the tenders paid, in minor units; Refunded is what earlier cancellations
	// gave back of it, and CardRefunded how much of that came from the card.
	Wallet, Card, Refunded, CardRefunded int64
	// Carried and FeeTaken are passed on by the customer's own earlier cancellations: the hundredths of a
	// minor unit that rounding left over, below 100, and how much of the policy's fee has been taken.
	Carried, FeeTaken int64
	// Policy is the policy that was in force when the booking was made; nil when customers may not cancel.
	Policy *Policy
	// Left is the time until the show begins; negative afterwards.
	Left          time.Duration
	ShowCancelled bool
	// CheckedIn says that the ticket has been scanned: a customer who has come to the show cannot give seats back.
	CheckedIn bool
}

// Refund is what a cancellation gives back.
type Refund struct {
	// Seats are those that are cancelled, in the quote's order.
	Seats []string
	// Cause may differ from the one that was asked for: a show that does not take place is refunded in full, whoever cancels first.
	Cause booking.CancellationCause
	// PolicyID is zero when no policy applied.
	PolicyID int64
	Percent  int
	// Paid is what the seats had cost, Fee what is taken of the policy's fee, and Amount what goes back: a percentage of what was
	// paid, plus the hundredths Carried from earlier cancellations, rounded down, less the fee. All but Carried are in minor units.
	Paid, Carried, Fee, Amount int64
	// Parts says how much of the amount belongs to tickets, to fees and to tax.
	Parts Parts
	// Wallet and Card say how much of the amount came from each tender.
	Wallet, Card int64
}

// RefundFor computes what cancelling these seats gives back; no seats means all that are left. The
// same sale gives the same refund, in a preview and in the cancellation itself.
//
// Rounding applies to what a customer's cancellations give back together, not to each of them. The fee is
// taken from the first that gives anything back, and from the next if that was too little. So seats that
// are cancelled while the same tier applies give back the same in any order, one by one or all at once.
//
// It refuses with a *booking.Refusal: VALIDATION_ERROR for seats that the booking never had;
// INVALID_STATE for a booking that is not confirmed, for seats that are already cancelled and, unless
// the cinema cancels, for a ticket that has been scanned; CONFLICT after the cut-off.
func RefundFor(sale Sale, seats []string, cause booking.CancellationCause) (Refund, error) {
	if err := refuseUncancellable(sale, seats); err != nil {
		return Refund{}, err
	}
	if sale.ShowCancelled {
		cause = booking.CauseShowCancelled
	}
	refund := Refund{Cause: cause, Percent: 100}
	fee := int64(0)
	if cause != booking.CauseShowCancelled && cause != booking.CauseOperator {
		if sale.CheckedIn {
			return Refund{}, booking.WrongState("The ticket of this booking has been scanned.", sale.Status)
		}
		tier, err := tierNow(sale)
		if err != nil {
			return Refund{}, err
		}
		refund.PolicyID, refund.Percent, refund.Carried = sale.Policy.ID, tier.Percent, sale.Carried
		fee = max(sale.Policy.Fee-sale.FeeTaken, 0)
	}
	var paid Parts
	refund.Seats, paid = wanted(sale, seats)
	refund.Paid = paid.Total()
	// The fee is taken out of what goes back, as far as that suffices.
	gross := percentOf(refund.Paid, int64(refund.Percent), refund.Carried)
	refund.Fee = min(fee, gross)
	refund.Amount = gross - refund.Fee
	refund.Parts = proportion(refund.Amount, paid)
	refund.Wallet, refund.Card = toTenders(sale, refund.Amount)
	return refund, nil
}

// RefundGiven is the refund of seats that money given back outside was for: the amount that was given, at most what the seats had
// cost, all of it from the card. The rest of what the seats had cost is kept. It refuses like RefundFor when the cinema cancels.
func RefundGiven(sale Sale, seats []string, given int64) (Refund, error) {
	if err := refuseUncancellable(sale, seats); err != nil {
		return Refund{}, err
	}
	refund := Refund{Cause: booking.CauseOutsideRefund, Percent: 100}
	var paid Parts
	refund.Seats, paid = wanted(sale, seats)
	refund.Paid = paid.Total()
	refund.Amount = min(given, refund.Paid, sale.Card-sale.CardRefunded)
	refund.Fee = refund.Paid - refund.Amount
	refund.Parts = proportion(refund.Amount, paid)
	refund.Card = refund.Amount
	return refund, nil
}

// wanted names the seats to cancel, and sums up what they had cost.
func wanted(sale Sale, seats []string) (named []string, paid Parts) {
	for i, share := range Shares(sale.Quote) {
		seat := sale.Quote.Seats[i].Seat
		if (len(seats) == 0 || slices.Contains(seats, seat)) && !slices.Contains(sale.Cancelled, seat) {
			named = append(named, seat)
			paid = Parts{paid.Tickets + share.Tickets, paid.Fees + share.Fees, paid.Tax + share.Tax}
		}
	}
	return named, paid
}

// percentOf is a percentage of an amount, rounded down after the hundredths have been added.
func percentOf(amount, percent, hundredths int64) int64 {
	return amount/100*percent + (amount%100*percent+hundredths)/100
}

// proportion splits an amount in the proportions of the whole that it is a part of.
func proportion(amount int64, whole Parts) Parts {
	split := spread{sum: amount, of: whole.Total()}
	return Parts{Tickets: split.next(whole.Tickets), Fees: split.next(whole.Fees), Tax: split.next(whole.Tax)}
}

// toTenders splits an amount like the payment. It rounds the sum of all refunds so far, not each of
// them, and takes account of what the card has got back of it: neither many small refunds nor one made
// outside, which goes to the card alone, give a tender back more than it paid.
func toTenders(sale Sale, amount int64) (wallet, card int64) {
	card = mulDiv(sale.Card, sale.Refunded+amount, sale.Wallet+sale.Card) - sale.CardRefunded
	card = min(max(card, amount-(sale.Wallet-(sale.Refunded-sale.CardRefunded)), 0), amount)
	return amount - card, card
}

func refuseUncancellable(sale Sale, seats []string) error {
	if err := refuseStatus(sale); err != nil {
		return err
	}
	var unknown, gone []string
	for _, seat := range seats {
		switch {
		case !slices.ContainsFunc(sale.Quote.Seats, func(s booking.PricedSeat) bool { return s.Seat == seat }):
			unknown = append(unknown, seat)
		case slices.Contains(sale.Cancelled, seat):
			gone = append(gone, seat)
		}
	}
	switch {
	case len(unknown) > 0:
		return booking.InvalidField("seatIds", "The booking has no such seats.").With("unknownSeatIds", unknown)
	case len(gone) > 0:
		return booking.WrongState("Some of these seats have been cancelled already.", sale.Status).With("cancelledSeatIds", gone)
	default:
		return nil
	}
}

func refuseStatus(sale Sale) error {
	switch sale.Status {
	case booking.StatusConfirmed:
		return nil
	case booking.StatusCancelled:
		return booking.WrongState("This booking has been cancelled already.", sale.Status)
	case booking.StatusCompleted:
		return booking.WrongState("The show is over.", sale.Status)
	case booking.StatusExpired:
		return booking.Expired(sale.BookingID)
	case booking.StatusInitiated, booking.StatusSeatsLocked, booking.StatusPaymentPending, booking.StatusFailed:
		return booking.WrongState("Only a confirmed booking can be refunded.", sale.Status)
	default:
		return booking.WrongState("This booking cannot be cancelled.", sale.Status)
	}
}

func tierNow(sale Sale) (Tier, error) {
	if sale.Left <= 0 {
		return Tier{}, booking.Refuse(booking.CodeConflict, "The show has started.").With("field", "showId")
	}
	if sale.Policy == nil {
		return Tier{}, booking.Refuse(booking.CodeConflict, "This theatre takes no cancellations.")
	}
	tier, ok := sale.Policy.Tier(sale.Left)
	if ok {
		return tier, nil
	}
	cutOff, ok := sale.Policy.CutOff()
	if !ok {
		return Tier{}, booking.Refuse(booking.CodeConflict, "This theatre takes no cancellations.")
	}
	return Tier{}, booking.Refuse(booking.CodeConflict, "It is too late to cancel: the show begins too soon.").
		With("hoursBeforeShow", int(cutOff/time.Hour))
}
