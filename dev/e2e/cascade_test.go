package e2e_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/private"
)

// partner is a new partner who owns the theatre of a show.
func (sys *system) partner(t *testing.T, name, showID string) *customer.Customer {
	t.Helper()
	partner := sys.guest(t, private.Guests{Name: name, Role: openapi.PARTNER})
	_, err := sys.Owner.Exec(t.Context(), `
		INSERT INTO partner_theatres
		SELECT $1, sc.theatre_id FROM shows sh JOIN screens sc ON sc.id = sh.screen_id WHERE sh.id = $2`, partner.ID, showID)
	require.NoError(t, err)
	return partner.Customer
}

// finished waits until a cascade has come to its end.
func finished(t *testing.T, c *customer.Customer, cascadeID string) openapi.CascadeReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	report, err := c.AwaitCascade(ctx, cascadeID)
	require.NoError(t, err)
	return report
}

func TestAPartnerCancelsAShow(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t)
	showID := sys.show(t, 5*time.Minute)
	asha, ravi, mira := sys.buyer(t, "asha", 0), sys.buyer(t, "ravi", 50000), sys.buyer(t, "mira", 0)
	partner, stranger := sys.partner(t, "partner", showID), sys.partner(t, "stranger", "no show")
	byCard, payment := sys.boughtByCard(t, asha, showID, "pm_card_visa", "A1", "A2")
	byWallet, err := ravi.Book(t.Context(), "ravi-books-b1", showID, "B1")
	require.NoError(t, err)
	_, err = ravi.Pay(t.Context(), "ravi-pays-b1", byWallet.BookingId, booking.MethodWallet)
	require.NoError(t, err)
	unpaid, err := mira.Book(t.Context(), "mira-books-c1", showID, "C1")
	require.NoError(t, err)
	_, err = mira.Pay(t.Context(), "mira-pays-c1", unpaid.BookingId, booking.MethodCard)
	require.NoError(t, err)

	for _, c := range []*customer.Customer{asha, stranger} {
		_, err = c.CancelShow(t.Context(), showID, "the projector is broken")
		refused(t, err, http.StatusForbidden, booking.CodeForbidden)
	}
	begun, err := partner.CancelShow(t.Context(), showID, "the projector is broken")
	require.NoError(t, err)
	_, err = mira.Book(t.Context(), "mira-books-d1", showID, "D1")
	require.Equal(t, "CANCELLED", refusalOf(t, err, http.StatusBadRequest, booking.CodeValidation).Detail("reason"))

	report := finished(t, partner, begun.Cascade.CascadeId)
	require.Equal(t, 3, report.Progress.Found)
	require.Equal(t, 2, report.Progress.Cancelled)
	require.Equal(t, 1, report.Progress.Released)
	require.Equal(t, openapi.CascadeLeft{}, report.Progress.Left)
	require.Equal(t, []openapi.CascadeRefunds{
		{Tender: booking.TenderCard, Currency: "INR", Status: booking.RefundSucceeded, Count: 1, Amount: 20000},
		{Tender: booking.TenderWallet, Currency: "INR", Status: booking.RefundSucceeded, Count: 1, Amount: 10000},
	}, report.Progress.Refunds)
	require.Equal(t, []int64{20000}, sys.refundsAtProvider(t, payment))

	for c, id := range map[*customer.Customer]string{asha: byCard.BookingId, ravi: byWallet.BookingId, mira: unpaid.BookingId} {
		mine, err := c.Booking(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, booking.StatusCancelled, mine.Status)
		require.Equal(t, "CANCELLED", mine.Show.Status)
		require.Equal(t, booking.ReasonShowCancelled, mine.Trail[len(mine.Trail)-1].Reason)
	}
	again, err := partner.CancelShow(t.Context(), showID, "once more")
	require.NoError(t, err)
	require.Equal(t, report.Cascade, again.Cascade)
	_, err = partner.PauseCascade(t.Context(), begun.Cascade.CascadeId, "too late")
	refused(t, err, http.StatusConflict, booking.CodeInvalidState)
	_, err = stranger.Cascade(t.Context(), begun.Cascade.CascadeId)
	refused(t, err, http.StatusForbidden, booking.CodeForbidden)
	seen, err := stranger.Cascades(t.Context())
	require.NoError(t, err)
	require.Empty(t, seen)
	sys.audit(t)
}
