package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// judge says what of the evidence must not be.
func judge(e evidence) (wrong []string) {
	for _, check := range []func(evidence) []string{judgePromises, judgeSeats, judgeMoney, judgeTopUps, judgeAudit} {
		wrong = append(wrong, check(e)...)
	}
	return wrong
}

// judgePromises compares what customers were told with what is there.
func judgePromises(e evidence) (wrong []string) {
	for _, p := range e.Promises {
		b, there := e.Bookings[p.ID]
		cancellable := e.Cancelled[p.Show] || containsAll(p.Asked, p.Seats)
		switch {
		case !there:
			wrong = append(wrong, fmt.Sprintf("%s of %s has vanished", p.ID, p.Customer))
			continue
		case e.Owners[p.ID] != p.Customer:
			wrong = append(wrong, fmt.Sprintf("%s is %s's, and was promised to %s", p.ID, e.Owners[p.ID], p.Customer))
		case p.Confirmed && !wasConfirmed(b):
			wrong = append(wrong, fmt.Sprintf("%s was seen CONFIRMED, is %s, and never was", p.ID, b.Status))
		case p.Confirmed && b.Status != booking.StatusConfirmed && (b.Status != booking.StatusCancelled || !cancellable):
			wrong = append(wrong, fmt.Sprintf("%s was seen CONFIRMED and is %s, which nobody asked for", p.ID, b.Status))
		case p.Expired && !wasEver(b, booking.StatusExpired):
			wrong = append(wrong, fmt.Sprintf("%s was said to have expired, is %s, and never did", p.ID, b.Status))
		case b.Status == booking.StatusCancelled && !cancellable:
			wrong = append(wrong, fmt.Sprintf("%s is CANCELLED, which nobody asked for", p.ID))
		case b.Status == booking.StatusFailed && !e.Cancelled[p.Show]:
			wrong = append(wrong, fmt.Sprintf("%s has FAILED", p.ID))
		case b.Status.Payable() || b.Status == booking.StatusInitiated:
			wrong = append(wrong, fmt.Sprintf("%s is still %s", p.ID, b.Status))
		}
		left := seatsLeft(b)
		for _, seat := range p.Seats {
			if !slices.Contains(left, seat) && !slices.Contains(p.Asked, seat) && !e.Cancelled[p.Show] {
				wrong = append(wrong, fmt.Sprintf("%s of %s was given back, which nobody asked for", seat, p.ID))
			}
		}
		for _, seat := range p.Returned {
			if slices.Contains(left, seat) {
				wrong = append(wrong, fmt.Sprintf("%s of %s was given back, and is still there", seat, p.ID))
			}
		}
		if b.Status == booking.StatusConfirmed && (b.Ticket == nil || !slices.Equal(booking.SortSeats(b.Ticket.SeatIds), booking.SortSeats(left))) {
			wrong = append(wrong, fmt.Sprintf("%s is CONFIRMED for %v, and has no ticket for them", p.ID, left))
		}
	}
	return wrong
}

// judgeSeats compares the seats of confirmed bookings with those that the product has sold: each once, and no other.
func judgeSeats(e evidence) (wrong []string) {
	owners := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(e.Bookings)) {
		b := e.Bookings[id]
		if b.Status != booking.StatusConfirmed {
			continue
		}
		for _, seat := range seatsLeft(b) {
			key := b.Show.ShowId + " " + seat
			owners[key] = append(owners[key], id)
		}
	}
	for _, seat := range slices.Sorted(maps.Keys(owners)) {
		if len(owners[seat]) > 1 {
			wrong = append(wrong, fmt.Sprintf("%s is sold to %v", seat, owners[seat]))
		}
	}
	sold := map[string]bool{}
	for _, s := range e.Sold {
		key := s.Show + " " + s.Seat
		if sold[key] = true; !slices.Contains(owners[key], s.Booking) {
			wrong = append(wrong, fmt.Sprintf("%s is sold to %s, which does not say so", key, s.Booking))
		}
	}
	for _, seat := range slices.Sorted(maps.Keys(owners)) {
		if !sold[seat] {
			wrong = append(wrong, fmt.Sprintf("%v is confirmed for %s, which is not sold", owners[seat], seat))
		}
	}
	return wrong
}

// judgeMoney compares, for each customer, the price of what was kept with the money that was taken by card (by the provider's books) and from the
// wallet.
func judgeMoney(e evidence) (wrong []string) {
	kept, byCard := map[string]int64{}, map[string]int64{}
	for id, b := range e.Bookings {
		kept[e.Owners[id]] += priceKept(b)
	}
	back := map[string]int64{}
	for _, p := range e.Paybacks {
		if p.goesBack() {
			back[p.IntentID] += p.Amount
		}
	}
	for _, c := range e.Charges {
		if back[c.ID] > c.Received {
			wrong = append(wrong, fmt.Sprintf("%s collected %d and gave %d back", c.ID, c.Received, back[c.ID]))
		}
		switch owner := e.Owners[c.booking()]; {
		case c.topUp() != "":
		case owner == "" && c.Received > back[c.ID]:
			wrong = append(wrong, fmt.Sprintf("%s collected %d for %s, which nobody has", c.ID, c.Received, c.booking()))
		default:
			byCard[owner] += c.Received - back[c.ID]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Wallets)) {
		w := e.Wallets[name]
		fromWallet := w.Gift - w.Available - w.Reserved
		for _, amount := range w.TopUps {
			fromWallet += amount
		}
		if w.Reserved != 0 {
			wrong = append(wrong, fmt.Sprintf("%d of the wallet of %s are still set aside", w.Reserved, name))
		}
		if byCard[name]+fromWallet != kept[name] {
			wrong = append(wrong, fmt.Sprintf("%s has tickets for %d, and paid %d by card and %d from the wallet", name, kept[name], byCard[name], fromWallet))
		}
	}
	return wrong
}

// judgeTopUps compares what came into wallets by card with the provider's books.
func judgeTopUps(e evidence) (wrong []string) {
	credited, back := map[string]int64{}, map[string]int64{}
	for _, w := range e.Wallets {
		maps.Copy(credited, w.TopUps)
	}
	for _, p := range e.Paybacks {
		if p.goesBack() {
			back[p.IntentID] += p.Amount
		}
	}
	for _, c := range e.Charges {
		if id := c.topUp(); id != "" {
			if c.Received-back[c.ID] != credited[id] {
				wrong = append(wrong, fmt.Sprintf("%s collected %d for %s, which brought %d into the wallet", c.ID, c.Received-back[c.ID], id, credited[id]))
			}
			delete(credited, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(credited)) {
		wrong = append(wrong, fmt.Sprintf("%s brought %d into a wallet, and the provider knows nothing of it", id, credited[id]))
	}
	return wrong
}

// judgeAudit repeats what the product itself has found.
func judgeAudit(e evidence) (wrong []string) {
	for _, check := range e.Audit.Checks {
		for _, finding := range check.Findings {
			if check.Broken() {
				wrong = append(wrong, fmt.Sprintf("audit, %s: %s %s", check.Name, finding.ID, finding.Message))
			}
		}
	}
	if len(e.Audit.Checks) == 0 || (!e.Audit.Clean && len(wrong) == 0) {
		wrong = append(wrong, "audit: it does not say that the books are right")
	}
	return wrong
}

func wasConfirmed(b openapi.Booking) bool { return wasEver(b, booking.StatusConfirmed) }

func wasEver(b openapi.Booking, status booking.Status) bool {
	return slices.ContainsFunc(b.Trail, func(change openapi.StateChange) bool { return change.To == status })
}

// seatsLeft are the seats of a booking that have not been given back.
func seatsLeft(b openapi.Booking) (left []string) {
	if b.Pricing == nil {
		return b.Seats
	}
	for _, seat := range b.Pricing.Lines {
		if seat.Cancelled == nil || !*seat.Cancelled {
			left = append(left, seat.SeatId)
		}
	}
	return left
}

// priceKept is what the customer has paid for good: the price, less what went back.
func priceKept(b openapi.Booking) int64 {
	if !wasConfirmed(b) || b.Pricing == nil {
		return 0
	}
	kept := b.Pricing.Total
	for _, cancellation := range b.Cancellations {
		kept -= cancellation.Refund
	}
	return kept
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}
