package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// refusal is an answer in the API's error shape.
type refusal = customer.Refused

// qrShown is how much of a QR code's long content is printed.
const qrShown = 48

func money(amount int64, currency string) string {
	return booking.Money{Amount: amount, Currency: currency}.String()
}

func priceLine(p openapi.Pricing) string {
	if p.PriceMode == booking.PricesInclusive {
		return fmt.Sprintf("%s = tickets %s - discount %s, in which are fees %s and tax %s", money(p.Total, p.Currency),
			money(p.Subtotal, p.Currency), money(p.Discount, p.Currency), money(p.Fees, p.Currency), money(p.Tax, p.Currency))
	}
	return fmt.Sprintf("%s = tickets %s - discount %s + fees %s + tax %s", money(p.Total, p.Currency),
		money(p.Subtotal, p.Currency), money(p.Discount, p.Currency), money(p.Fees, p.Currency), money(p.Tax, p.Currency))
}

func seatLine(seats []openapi.Seat) string {
	parts := make([]string, len(seats))
	for i, seat := range seats {
		parts[i] = fmt.Sprintf("%s %s", seat.SeatId, seat.Status)
		if seat.LockExpiresAt != nil {
			parts[i] += " until " + seat.LockExpiresAt.Local().Format(time.TimeOnly)
		}
	}
	return strings.Join(parts, ", ")
}

func ticketLine(t openapi.Ticket) string {
	code := t.QrCodeData
	if len(code) > qrShown {
		code = code[:qrShown] + "…"
	}
	return fmt.Sprintf("ticket %s for %s, QR %s", t.TicketId, strings.Join(t.SeatIds, " "), code)
}

func trailLine(b openapi.Booking) string {
	parts := make([]string, len(b.Trail))
	for i, change := range b.Trail {
		parts[i] = string(change.To)
	}
	return strings.Join(parts, " → ")
}

func refusalLine(r *refusal) string {
	line := r.Error()
	if seats := texts(r.Detail("unavailableSeatIds")); len(seats) > 0 {
		line += " (" + strings.Join(seats, " ") + ")"
	}
	return line
}

func tenderLine(tenders []openapi.Tender, currency string) string {
	parts := make([]string, len(tenders))
	for i, t := range tenders {
		parts[i] = fmt.Sprintf("%s %s", t.Tender, money(t.Amount, currency))
	}
	return strings.Join(parts, ", ")
}

func quoteLine(q openapi.CancellationQuote, currency string) string {
	fee := ""
	if q.Fee > 0 {
		fee = ", less a fee of " + money(q.Fee, currency) + ","
	}
	return fmt.Sprintf("%s cost %s: %d %% of it%s goes back, %s (%s)", strings.Join(q.SeatIds, " "), money(q.Paid, currency), q.Percent, fee,
		money(q.Refund, currency), tenderLine(q.Tenders, currency))
}

func refundLine(refunds []openapi.Refund) string {
	parts := make([]string, len(refunds))
	for i, r := range refunds {
		parts[i] = fmt.Sprintf("%s %s %s", r.Tender, money(r.Amount, r.Currency), r.Status)
	}
	return strings.Join(parts, ", ")
}

// historyLines are as many lines as there are transactions.
func historyLines(transactions []openapi.WalletTransaction) string {
	lines := make([]string, len(transactions))
	for i, t := range transactions {
		lines[i] = fmt.Sprintf("%-8s %10s  %s", t.Type, money(t.Amount, t.Currency), t.Description)
	}
	return strings.Join(lines, "\n       ")
}

// texts is a list of strings as JSON gives it.
func texts(list any) []string {
	values, _ := list.([]any)
	var out []string
	for _, value := range values {
		if text, ok := value.(string); ok {
			out = append(out, text)
		}
	}
	return out
}
