package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
)

func TestLinesOfAWayBack(t *testing.T) {
	t.Parallel()
	tenders := []openapi.Tender{{Tender: booking.TenderWallet, Amount: 4500}, {Tender: booking.TenderCard, Amount: 5500}}
	require.Equal(t, "A1 cost ₹205.00: 50 % of it, less a fee of ₹2.50, goes back, ₹100.00 (WALLET ₹45.00, CARD ₹55.00)",
		quoteLine(openapi.CancellationQuote{SeatIds: []string{"A1"}, Paid: 20500, Percent: 50, Fee: 250, Refund: 10000, Tenders: tenders}, "INR"))
	require.Equal(t, "CARD ₹55.00 INITIATED", refundLine([]openapi.Refund{
		{Tender: booking.TenderCard, Amount: 5500, Currency: "INR", Status: booking.RefundInitiated},
	}))
	require.Equal(t, "REFUND       ₹45.00  Refund for Sholay\n       PURCHASE    -₹90.00  Tickets for Sholay", historyLines([]openapi.WalletTransaction{
		{Type: openapi.WalletRefund, Amount: 4500, Currency: "INR", Description: "Refund for Sholay"},
		{Type: openapi.WalletPurchase, Amount: -9000, Currency: "INR", Description: "Tickets for Sholay"},
	}))
}

func TestLinesOfAPriceSayWhatItHolds(t *testing.T) {
	t.Parallel()
	require.Equal(t, "₹224.20 = tickets ₹180.00 - discount ₹0.00 + fees ₹10.00 + tax ₹34.20",
		priceLine(openapi.Pricing{Currency: "INR", PriceMode: booking.PricesAdded, Subtotal: 18000, Fees: 1000, Tax: 3420, Total: 22420}))
	require.Equal(t, "£24.00 = tickets £24.00 - discount £0.00, in which are fees £1.58 and tax £4.00",
		priceLine(openapi.Pricing{Currency: "GBP", PriceMode: booking.PricesInclusive, Subtotal: 2400, Fees: 158, Tax: 400, Total: 2400}))
}

func TestRefundsAreAwaitedAndCounted(t *testing.T) {
	t.Parallel()
	b := openapi.Booking{
		BookingId: "bk_1", Pricing: &openapi.Pricing{Currency: "INR"},
		Cancellations: []openapi.SeatCancellation{{CancellationId: "cx_1", Refund: 10000}},
		Refunds:       []openapi.Refund{{RefundId: "rf_1", Tender: booking.TenderCard, Amount: 10000, Currency: "INR", Status: booking.RefundInitiated}},
	}
	reads := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if reads++; reads == 3 {
			b.Refunds[0].Status = booking.RefundSucceeded
		}
		_ = json.NewEncoder(w).Encode(b)
	}))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	say := newTeller(&out, addresses{api: server.URL})
	d := &demo{say: say, asha: customer.New(server.URL, "").WithTransport(say)}

	require.NoError(t, d.awaitRefunds(t.Context(), b))
	require.Equal(t, 3, reads)
	require.Contains(t, out.String(), "CARD ₹100.00 SUCCEEDED")
	b.Cancellations[0].Refund = 10001
	require.ErrorContains(t, d.awaitRefunds(t.Context(), b), "₹100.00 went back, and should have been ₹100.01")
}
