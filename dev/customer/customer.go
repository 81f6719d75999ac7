// Package customer acts as customers do, over HTTP: it browses, books, pays in wallets and at the payment simulator, and
// waits for what it was promised. Demos, end-to-end tests and benches share it.
package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// Customer is somebody with a browser. Its methods may be called concurrently.
type Customer struct {
	api, simulator string
	token          string
	http           *http.Client
	persistent     bool
}

// New makes a customer who is not logged in. api and simulator are base URLs; simulator may be empty for one who never
// pays by card.
func New(api, simulator string) *Customer {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}
	return &Customer{api: api + "/api/v1", simulator: simulator, http: &http.Client{Timeout: 2 * time.Minute, Transport: transport}}
}

// WithToken is the same browser with somebody else's token.
func (c *Customer) WithToken(token string) *Customer {
	other := *c
	other.token = token
	return &other
}

// Persistent is the same browser of somebody who repeats whatever the API has no time for, as it says that one may, until the request's context ends: every
// request of it that changes something may be repeated.
func (c *Customer) Persistent() *Customer {
	other := *c
	other.persistent = true
	return &other
}

// WithTransport is the same browser, with a transport that lets the caller watch its requests.
func (c *Customer) WithTransport(transport http.RoundTripper) *Customer {
	other := *c
	other.http = &http.Client{Timeout: c.http.Timeout, Transport: transport}
	return &other
}

// Refused is an answer in the API's error shape.
type Refused struct {
	Status     int
	RetryAfter string
	Body       openapi.ErrorBody
}

// Error names the status, the code and the message.
func (r *Refused) Error() string {
	return fmt.Sprintf("%d %s: %s", r.Status, r.Body.Code, r.Body.Message)
}

// IsBusy says whether an error says that the API, or something behind it, has no time now: the same request may succeed later.
func IsBusy(err error) bool {
	refused, _ := errors.AsType[*Refused](err)
	return refused != nil && refused.Status == http.StatusServiceUnavailable
}

// NeedsNewKey says whether an error says that the API has not served a request in time, and that nothing came of it: it may be sent again under
// another Idempotency-Key.
func NeedsNewKey(err error) bool {
	refused, _ := errors.AsType[*Refused](err)
	if refused == nil {
		return false
	}
	needed, _ := refused.Detail(booking.DetailNewKey).(bool)
	return needed
}

// Detail is one of the details of the error.
func (r *Refused) Detail(name string) any {
	if r.Body.Details == nil {
		return nil
	}
	return (*r.Body.Details)[name]
}

// Login returns the customer with a session.
func (c *Customer) Login(ctx context.Context, email, password string) (*Customer, error) {
	session, err := post[openapi.Session](ctx, c, "/auth/login", "", map[string]string{"email": email, "password": password})
	if err != nil {
		return nil, err
	}
	return c.WithToken(session.AccessToken), nil
}

// Register makes an account and returns it.
func (c *Customer) Register(ctx context.Context, email, password, name string) (openapi.User, error) {
	return post[openapi.User](ctx, c, "/auth/register", "", map[string]string{"email": email, "password": password, "name": name})
}

// Movies are those that play in a city.
func (c *Customer) Movies(ctx context.Context, cityID string) ([]openapi.Movie, error) {
	list, err := get[openapi.CityMovies](ctx, c, "/cities/"+url.PathEscape(cityID)+"/movies")
	return list.Movies, err
}

// Shows are those of a movie in a city on a day (2006-01-02) of the theatres' own calendars.
func (c *Customer) Shows(ctx context.Context, cityID, movieID, day string) (openapi.ShowList, error) {
	path := "/cities/" + url.PathEscape(cityID) + "/movies/" + url.PathEscape(movieID) + "/shows?date=" + url.QueryEscape(day)
	return get[openapi.ShowList](ctx, c, path)
}

// Show is one show.
func (c *Customer) Show(ctx context.Context, showID string) (openapi.Show, error) {
	return get[openapi.Show](ctx, c, "/shows/"+url.PathEscape(showID))
}

// Seats is the seat map of a show.
func (c *Customer) Seats(ctx context.Context, showID string) (openapi.SeatMap, error) {
	return get[openapi.SeatMap](ctx, c, "/shows/"+url.PathEscape(showID)+"/seats")
}

// Book holds seats. The key makes a repeat harmless.
func (c *Customer) Book(ctx context.Context, key, showID string, seats ...string) (openapi.Booking, error) {
	return post[openapi.Booking](ctx, c, "/bookings", key, map[string]any{"showId": showID, "seatIds": seats})
}

// BookWithCoupon holds seats for less. The key makes a repeat harmless.
func (c *Customer) BookWithCoupon(ctx context.Context, key, coupon, showID string, seats ...string) (openapi.Booking, error) {
	return post[openapi.Booking](ctx, c, "/bookings", key, map[string]any{"showId": showID, "seatIds": seats, "couponCode": coupon})
}

// BuyAtOnce holds seats of a show and pays them from the wallet in one request. onRefusal is what becomes of them if the wallet is too short.
func (c *Customer) BuyAtOnce(ctx context.Context, key, showID string, onRefusal booking.SeatsOnRefusal, seats ...string) (openapi.Booking, error) {
	return post[openapi.Booking](ctx, c, "/bookings", key, openapi.CreateBookingRequest{
		ShowId: showID, SeatIds: seats, Pay: &openapi.PayAtOnce{Method: booking.MethodWallet, OnRefusal: &onRefusal},
	})
}

// Booking reads a booking.
func (c *Customer) Booking(ctx context.Context, id string) (openapi.Booking, error) {
	return get[openapi.Booking](ctx, c, "/bookings/"+url.PathEscape(id))
}

// Pay starts a payment.
func (c *Customer) Pay(ctx context.Context, key, bookingID string, method booking.Method) (openapi.Payment, error) {
	return post[openapi.Payment](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/payments", key, map[string]any{"method": method})
}

// PayInParts starts a payment: so many minor units from the wallet, the rest by card.
func (c *Customer) PayInParts(ctx context.Context, key, bookingID string, walletAmount int64) (openapi.Payment, error) {
	return post[openapi.Payment](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/payments", key,
		map[string]any{"method": booking.MethodWalletAndCard, "walletAmount": walletAmount})
}

// Cancel gives all seats of a booking back that are left.
func (c *Customer) Cancel(ctx context.Context, bookingID string) (openapi.Cancellation, error) {
	return post[openapi.Cancellation](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/cancel", "", nil)
}

// CancelSeats gives some seats of a paid booking back, or all that are left.
func (c *Customer) CancelSeats(ctx context.Context, bookingID string, seats ...string) (openapi.Cancellation, error) {
	var body any
	if len(seats) > 0 {
		body = map[string]any{"seatIds": seats}
	}
	return post[openapi.Cancellation](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/cancel", "", body)
}

// EnterCard pays an intent at the provider as its script in the browser does, with one of the simulator's payment methods
// (pm_card_visa, pm_card_visa_chargeDeclined ...). It returns the intent's status; a declined card is an error.
func (c *Customer) EnterCard(ctx context.Context, payment openapi.Payment, method string) (string, error) {
	return c.enterCard(ctx, payment.PaymentId, payment.ProviderPayload, method)
}

func (c *Customer) enterCard(ctx context.Context, id string, provider *openapi.ProviderPayload, method string) (string, error) {
	if provider == nil || provider.ClientSecret == nil {
		return "", fmt.Errorf("%s has no client secret", id)
	}
	form := url.Values{"key": {"pk_test_browser"}, "client_secret": {*provider.ClientSecret}, "payment_method": {method}}
	target := c.simulator + "/v1/payment_intents/" + url.PathEscape(provider.PaymentIntentId) + "/confirm"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Status string `json:"status"`
		Error  *struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxBody)).Decode(&answer); err != nil {
		return "", fmt.Errorf("provider answered %s: %w", res.Status, err)
	}
	if answer.Error != nil {
		return "", fmt.Errorf("provider: %s: %s", answer.Error.Code, answer.Error.Message)
	}
	return answer.Status, nil
}

// Await reads a booking until it is in the wanted state, or ctx ends.
func (c *Customer) Await(ctx context.Context, bookingID string, want booking.Status) (openapi.Booking, error) {
	return await(ctx, func() (openapi.Booking, error) { return c.Booking(ctx, bookingID) },
		func(b openapi.Booking) bool { return b.Status == want },
		func(b openapi.Booking) string { return fmt.Sprintf("%s to be %s, it is %q", bookingID, want, b.Status) })
}

// await reads something until it is as wanted, or ctx ends, and then says what was waited for.
func await[T any](ctx context.Context, read func() (T, error), wanted func(T) bool, what func(T) string) (T, error) {
	for {
		now, err := read()
		if err == nil && wanted(now) {
			return now, nil
		}
		if !wait.For(ctx, 50*time.Millisecond) {
			return now, fmt.Errorf("waiting for %s: %w", what(now), errors.Join(ctx.Err(), err))
		}
	}
}

// maxBody bounds what is read of an answer.
const maxBody = 4 << 20

func get[T any](ctx context.Context, c *Customer, path string) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, "", nil)
}

// post sends a body, or none when it is nil.
func post[T any](ctx context.Context, c *Customer, path, key string, body any) (T, error) {
	if body == nil {
		return call[T](ctx, c, http.MethodPost, path, key, nil)
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		var none T
		return none, err
	}
	return call[T](ctx, c, http.MethodPost, path, key, encoded)
}

func call[T any](ctx context.Context, c *Customer, method, path, key string, body []byte) (T, error) {
	var answer T
	content, err := c.send(ctx, method, path, key, body)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return answer, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer, nil
}

// againAfter is how long a persistent customer waits before a request is repeated.
const againAfter = 100 * time.Millisecond

// send gives the body of an answer that is no refusal.
func (c *Customer) send(ctx context.Context, method, path, key string, body []byte) ([]byte, error) {
	for {
		content, err := c.sendOnce(ctx, method, path, key, body)
		if !c.persistent || !IsBusy(err) || NeedsNewKey(err) {
			return content, err
		}
		if !wait.For(ctx, againAfter) {
			return content, err
		}
	}
}

func (c *Customer) sendOnce(ctx context.Context, method, path, key string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.api+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		var refused openapi.Error
		if err := json.Unmarshal(content, &refused); err != nil {
			return nil, fmt.Errorf("%s %s answered %s outside the error shape: %w", method, path, res.Status, err)
		}
		return nil, &Refused{Status: res.StatusCode, RetryAfter: res.Header.Get("Retry-After"), Body: refused.Error}
	}
	return content, nil
}

// Notices reads the newest page of what the customer has been told.
func (c *Customer) Notices(ctx context.Context) ([]openapi.Notice, error) {
	list, err := get[openapi.NoticeList](ctx, c, "/notices")
	return list.Notices, err
}

// QuoteCancellation asks what cancelling these seats would give back; all that are left when none are named.
func (c *Customer) QuoteCancellation(ctx context.Context, bookingID string, seats ...string) (openapi.CancellationQuote, error) {
	path := "/bookings/" + url.PathEscape(bookingID) + "/cancellation"
	if len(seats) > 0 {
		path += "?seatIds=" + url.QueryEscape(strings.Join(seats, ","))
	}
	return get[openapi.CancellationQuote](ctx, c, path)
}

// AwaitRefunds reads a booking until all its refunds have succeeded, or ctx ends. It must have some.
func (c *Customer) AwaitRefunds(ctx context.Context, bookingID string) (openapi.Booking, error) {
	waits := func(r openapi.Refund) bool { return r.Status != booking.RefundSucceeded }
	return await(ctx, func() (openapi.Booking, error) { return c.Booking(ctx, bookingID) },
		func(b openapi.Booking) bool { return len(b.Refunds) > 0 && !slices.ContainsFunc(b.Refunds, waits) },
		func(b openapi.Booking) string {
			return fmt.Sprintf("the refunds of %s, they are %+v", bookingID, b.Refunds)
		})
}

// CancelWith gives seats back as the request says, with all that it can say.
func (c *Customer) CancelWith(ctx context.Context, bookingID string, request openapi.CancelBookingRequest) (openapi.Cancellation, error) {
	return post[openapi.Cancellation](ctx, c, "/bookings/"+url.PathEscape(bookingID)+"/cancel", "", request)
}
