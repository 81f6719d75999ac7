package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// documented is a client that was written from the platform's document alone: it has structs of its own, sends what the document says, and ignores
// every field that the document does not have.
type documented struct {
	*testing.T
	base, token string
}

type documentedShow struct {
	ShowID, ScreenName, Format string
	StartTime                  time.Time
	PriceFrom                  int64
	Availability               struct {
		AvailableSeats int
		Status         string
	}
}

type documentedShows struct {
	CityID, Date string
	Movie        struct {
		MovieID, Title, Language string
		Genres                   []string
		DurationMins             int
	}
	Theatres []struct {
		TheatreID, Name, Area string
		Shows                 []documentedShow
	}
}

type documentedSeats struct {
	ShowID, TheatreID, ScreenName string
	StartTime                     time.Time
	SeatMap                       struct {
		Rows []struct {
			RowLabel string
			Seats    []struct {
				SeatID, Type, Status string
				Price                int64
				LockExpiresAt        *time.Time
			}
		}
	}
}

type documentedBooking struct {
	BookingID, Status      string
	ExpiresAt, ConfirmedAt *time.Time
	Show                   struct {
		ShowID, TheatreID string
		StartTime         time.Time
	}
	Seats   []string
	Pricing struct {
		Currency                             string
		Subtotal, Discount, Fees, Tax, Total int64
		AppliedOffers                        []struct{ Code, Description string }
	}
	Ticket *struct {
		TicketID, QrCodeData string
		SeatIDs              []string
	}
}

type documentedPayment struct {
	PaymentID, BookingID, Status, Currency, Provider string
	Amount                                           int64
	ProviderPayload                                  struct{ PaymentIntentID, ClientSecret, RedirectURL string }
}

type documentedCancellation struct {
	BookingID, Status string
	Refund            *struct {
		Status string
		Amount int64
	}
}

// call makes a request of the document, and reads its answer.
func (d documented) call(method, path, key string, body, into any) int {
	d.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(d, err)
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(d.Context(), method, d.base+path, content)
	require.NoError(d, err)
	request.Header.Set("Authorization", "Bearer "+d.token)
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(d, err)
	defer func() { require.NoError(d, answer.Body.Close()) }()
	require.NotEmpty(d, answer.Header.Get("X-Correlation-Id"))
	text, err := io.ReadAll(answer.Body)
	require.NoError(d, err)
	if into != nil {
		require.NoError(d, json.Unmarshal(text, into), "%s", text)
	}
	return answer.StatusCode
}

// refused wants the document's error shape.
func (d documented) refused(status int, code, method, path, key string, body any) (details map[string]any) {
	d.Helper()
	var said struct {
		Error struct {
			Code, Message, CorrelationID string
			Details                      map[string]any
		}
	}
	require.Equal(d, status, d.call(method, path, key, body, &said), "%s %s", method, path)
	require.Equal(d, code, said.Error.Code)
	require.NotEmpty(d, said.Error.Message)
	require.NotEmpty(d, said.Error.CorrelationID)
	return said.Error.Details
}

// isLocal wants a time of a theatre in India to have that theatre's own offset.
func (d documented) isLocal(at time.Time) {
	d.Helper()
	_, offset := at.Zone()
	require.Equal(d, 5*3600+1800, offset)
}

func TestAClientWrittenFromThePlatformsDocumentIsServed(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	show := sys.show(t, longHold)
	guest := sys.guest(t, private.Guests{Name: "document"})
	d := documented{T: t, base: sys.APIURL() + "/api/v1", token: guest.Token}
	var movie string
	var day time.Time
	require.NoError(t, sys.Owner.QueryRow(t.Context(), `SELECT movie_id, (starts_at AT TIME ZONE 'Asia/Kolkata')::date FROM shows WHERE id = $1`, show).Scan(&movie, &day))

	var shows documentedShows
	require.Equal(t, 200, d.call("GET", "/cities/mumbai/movies/"+movie+"/shows?date="+day.Format(time.DateOnly), "", nil, &shows))
	require.Equal(t, []string{"mumbai", movie, day.Format(time.DateOnly)}, []string{shows.CityID, shows.Movie.MovieID, shows.Date})
	require.NotEmpty(t, shows.Movie.Title+shows.Movie.Language)
	require.Positive(t, shows.Movie.DurationMins)
	found := documentedShow{}
	for _, theatre := range shows.Theatres {
		require.NotEmpty(t, theatre.TheatreID+theatre.Name)
		for _, listed := range theatre.Shows {
			if listed.ShowID == show {
				found = listed
			}
		}
	}
	require.Equal(t, "AVAILABLE", found.Availability.Status)
	require.Equal(t, 60, found.Availability.AvailableSeats)
	require.EqualValues(t, 10000, found.PriceFrom)
	d.isLocal(found.StartTime)

	var seats documentedSeats
	require.Equal(t, 200, d.call("GET", "/shows/"+show+"/seats", "", nil, &seats))
	require.Equal(t, show, seats.ShowID)
	require.Equal(t, "Test", seats.ScreenName)
	require.True(t, found.StartTime.Equal(seats.StartTime))
	require.Equal(t, "A", seats.SeatMap.Rows[0].RowLabel)
	wanted := []string{seats.SeatMap.Rows[0].Seats[0].SeatID, seats.SeatMap.Rows[0].Seats[1].SeatID}

	body := map[string]any{
		"userId": guest.ID, "showId": show, "seatIds": wanted, "couponCode": "WELCOME10",
		"client": map[string]string{"platform": "WEB", "appVersion": "1.0.0"},
	}
	var held documentedBooking
	require.Equal(t, 201, d.call("POST", "/bookings", "document-01", body, &held))
	require.Contains(t, []string{"SEATS_LOCKED", "PAYMENT_PENDING"}, held.Status)
	require.Equal(t, wanted, held.Seats)
	require.Equal(t, show, held.Show.ShowID)
	d.isLocal(held.Show.StartTime)
	d.isLocal(*held.ExpiresAt)
	require.EqualValues(t, 20000, held.Pricing.Subtotal)
	require.Equal(t, 20000-held.Pricing.Discount+held.Pricing.Fees+held.Pricing.Tax, held.Pricing.Total)
	require.Equal(t, "WELCOME10", held.Pricing.AppliedOffers[0].Code)
	require.NotEmpty(t, held.Pricing.AppliedOffers[0].Description)

	d.refused(409, "SEAT_LOCK_FAILED", "POST", "/bookings", "document-02", map[string]any{"showId": show, "seatIds": sys.taken(t, show)})
	d.refused(400, "VALIDATION_ERROR", "POST", "/bookings", "document-03", map[string]any{"showId": show, "seatIds": []string{"Z99"}})
	d.refused(404, "NOT_FOUND", "POST", "/bookings", "document-04", map[string]any{"showId": "sh_none", "seatIds": wanted})
	d.refused(403, "FORBIDDEN", "POST", "/bookings", "document-05", map[string]any{"userId": "us_somebody", "showId": show, "seatIds": wanted})
	d.refused(404, "NOT_FOUND", "POST", "/bookings/bk_none/payments", "document-06", map[string]any{"provider": "stripe"})
	d.refused(400, "VALIDATION_ERROR", "POST", "/bookings/"+held.BookingID+"/payments", "document-07", map[string]any{"returnUrl": "https://evil.example.com/"})

	var payment documentedPayment
	pay := map[string]any{"provider": "stripe", "returnUrl": "https://tickets.example.com/done?booking=1"}
	require.Equal(t, 201, d.call("POST", "/bookings/"+held.BookingID+"/payments", "document-08", pay, &payment))
	require.Equal(t, []string{held.BookingID, "INITIATED", "stripe", held.Pricing.Currency}, []string{payment.BookingID, payment.Status, payment.Provider, payment.Currency})
	require.Equal(t, held.Pricing.Total, payment.Amount)
	page, given, hasMore := strings.Cut(payment.ProviderPayload.RedirectURL, "#")
	require.True(t, hasMore)
	answer, err := http.Get(page)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	behind, err := url.ParseQuery(given)
	require.NoError(t, err)
	require.Equal(t, "https://tickets.example.com/done?booking=1", behind.Get("return_url"))
	require.Equal(t, payment.ProviderPayload.ClientSecret, behind.Get("client_secret"))
	d.enterCard(sys.StripeURL(), payment, "pm_card_processing")
	d.refused(409, "PAYMENT_PENDING", "POST", "/bookings/"+held.BookingID+"/payments", "document-11", pay)
	require.NoError(t, sys.Simulator().SettleIntent(t.Context(), payment.ProviderPayload.PaymentIntentID, stripesim.Succeed))

	var booked documentedBooking
	require.Eventually(t, func() bool {
		booked = documentedBooking{}
		return d.call("GET", "/bookings/"+held.BookingID, "", nil, &booked) == 200 && booked.Status == "CONFIRMED"
	}, patience, 50*time.Millisecond)
	d.isLocal(*booked.ConfirmedAt)
	require.Equal(t, wanted, booked.Ticket.SeatIDs)
	require.NotEmpty(t, booked.Ticket.TicketID+booked.Ticket.QrCodeData)
	stranger := documented{T: t, base: d.base, token: sys.guest(t, private.Guests{Name: "stranger"}).Token}
	stranger.refused(403, "FORBIDDEN", "GET", "/bookings/"+held.BookingID, "", nil)
	stranger.refused(404, "NOT_FOUND", "GET", "/bookings/bk_none", "", nil)

	var cancelled documentedCancellation
	require.Equal(t, 200, d.call("POST", "/bookings/"+held.BookingID+"/cancel", "document-09", nil, &cancelled))
	require.Equal(t, held.BookingID, cancelled.BookingID)
	require.Equal(t, "CANCELLED", cancelled.Status)
	require.Contains(t, []string{"INITIATED", "SUCCEEDED"}, cancelled.Refund.Status)
	require.Positive(t, cancelled.Refund.Amount)
	d.refused(422, "INVALID_STATE", "POST", "/bookings/"+held.BookingID+"/payments", "document-10", map[string]any{"provider": "stripe"})
	d.refused(400, "VALIDATION_ERROR", "POST", "/payments/webhooks/stripe", "", map[string]any{"id": "evt_unsigned"})
	d.refused(404, "NOT_FOUND", "POST", "/payments/webhooks/nobody", "", map[string]any{"id": "evt_unsigned"})
}

func TestAClientWrittenFromThePlatformsDocumentLearnsWhatCannotBeBooked(t *testing.T) {
	t.Parallel()
	sys := sharedSystem(t)
	guest := sys.guest(t, private.Guests{Name: "late"})
	d := documented{T: t, base: sys.APIURL() + "/api/v1", token: guest.Token}
	show := sys.show(t, shortHold)
	var held documentedBooking
	require.Equal(t, 201, d.call("POST", "/bookings", "document-01", map[string]any{"showId": show, "seatIds": []string{"A1"}}, &held))
	require.Eventually(t, func() bool {
		var now documentedBooking
		return d.call("GET", "/bookings/"+held.BookingID, "", nil, &now) == 200 && now.Status == "EXPIRED"
	}, patience, 100*time.Millisecond)
	d.refused(410, "BOOKING_EXPIRED", "POST", "/bookings/"+held.BookingID+"/payments", "document-02", map[string]any{"provider": "stripe"})

	_, err := sys.Owner.Exec(t.Context(), `UPDATE shows SET status = 'CLOSED' WHERE id = $1`, show)
	require.NoError(t, err)
	details := d.refused(400, "VALIDATION_ERROR", "POST", "/bookings", "document-03", map[string]any{"showId": show, "seatIds": []string{"A1"}})
	require.Equal(t, "NOT_ON_SALE", details["reason"])
}

// taken has somebody else hold a seat of a show.
func (sys *system) taken(t *testing.T, show string) []string {
	t.Helper()
	_, err := sys.buyer(t, "rival", 0).Book(t.Context(), "rival-0001", show, "F1")
	require.NoError(t, err)
	return []string{"F1"}
}

// enterCard pays at the provider as its script in the browser does.
func (d documented) enterCard(simulator string, payment documentedPayment, card string) {
	d.Helper()
	form := url.Values{"key": {"pk_test_browser"}, "client_secret": {payment.ProviderPayload.ClientSecret}, "payment_method": {card}}
	request, err := http.NewRequestWithContext(d.Context(), http.MethodPost,
		simulator+"/v1/payment_intents/"+payment.ProviderPayload.PaymentIntentID+"/confirm", strings.NewReader(form.Encode()))
	require.NoError(d, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(d, err)
	require.NoError(d, answer.Body.Close())
	require.Equal(d, http.StatusOK, answer.StatusCode)
}
