package activities_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

const inclusive = `UPDATE theatres SET price_mode = 'INCLUSIVE', tax_rounding = 'LINE'`

func TestAnInclusiveTheatreIsPaidWhatItShows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(inclusive)

	quote := f.hold("bk_1", "us_asha", "A1", "A2", "B1")
	again := f.hold("bk_1", "us_asha", "A1", "A2", "B1")

	require.EqualValues(t, 18000+18000+30000, quote.Total)
	require.Equal(t, booking.PricesInclusive, quote.PriceMode)
	require.Equal(t, booking.TaxByLine, quote.TaxRounding)
	require.EqualValues(t, 2746+2746+4576, quote.Tax, "18 parts in 118 of each price")
	require.EqualValues(t, 3*(1000-153), quote.Fees)
	require.Equal(t, quote, again, "a repeat finds the same quote, its mode and all")
	require.NoError(t, f.confirm(wallet("bk_1", quote)))
	require.EqualValues(t, quote.Total-quote.Fees-quote.Tax, f.account("ticket-sales:INR"))
	require.EqualValues(t, quote.Fees, f.account("booking-fees:INR"))
	require.EqualValues(t, quote.Tax, f.account("tax:INR"))
	require.Equal(t, 100000-66000, f.wallet("us_asha"))
	f.requireBooks()
}

func TestABookingKeepsTheModeItWasQuotedUnder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(inclusive)
	f.exec(`UPDATE show_prices SET amount = 10001`)
	quote := f.hold("bk_1", "us_asha", "A1", "A2", "A3")
	f.exec(`UPDATE theatres SET price_mode = 'ADDED', tax_rounding = 'SUM', booking_fee_per_seat = 0, tax_basis_points = 2800`)

	require.Equal(t, quote, f.hold("bk_1", "us_asha", "A1", "A2", "A3"))
	require.NoError(t, f.confirm(wallet("bk_1", quote)))
	f.showIn("72 hours")

	require.EqualValues(t, 10001, f.cancelSeats("bk_1", "A2").Amount.Amount, "a seat gives back the price that was shown for it")
	require.EqualValues(t, 20002, f.cancelSeats("bk_1").Amount.Amount)
	require.Equal(t, 100000, f.wallet("us_asha"))
	require.Zero(t, f.account("ticket-sales:INR"))
	require.Zero(t, f.account("booking-fees:INR"))
	require.Zero(t, f.account("tax:INR"))
	f.requireBooks()
}

// A worker that is older than price modes can only add. It prices no booking where that would charge
// fee and tax twice, and its step can be repeated by a newer worker.
func TestAQuoteWithoutAModeIsOfATheatreThatAdds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old := `UPDATE bookings SET currency = 'INR', subtotal = 18000, discount = 0, fees = 1000, tax = 3420, total = 22420, applied_offers = '[]' WHERE id = 'bk_1'`
	f.holdUnpriced("bk_1", "us_asha", "A1")
	f.exec(inclusive)

	_, err := f.worker.Exec(t.Context(), old)
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "55000", refused.Code, "no defect: the step is repeated")

	f.exec(`UPDATE theatres SET price_mode = 'ADDED', tax_rounding = 'SUM'`)
	_, err = f.worker.Exec(t.Context(), old)
	require.NoError(t, err)
	require.Equal(t, "ADDED SUM", f.text(`SELECT price_mode || ' ' || tax_rounding FROM bookings WHERE id = 'bk_1'`))
}
