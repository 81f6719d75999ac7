package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// longestAnswer is how long the API may take for one answer. By its own defaults a hold may wait thirty seconds for its turn (API_QUEUE_TIMEOUT) beside the
// three of any request (API_REQUEST_TIMEOUT), and paying twenty for the provider (API_PROVIDER_TIMEOUT); the rest is for a machine with too much to do.
const longestAnswer = 45 * time.Second

// exchange is one request to the API and what came of it.
type exchange struct {
	// Operation is the method and the path, with ids left out.
	Operation string
	// Expected are codes that are right for this request alone.
	Expected []booking.Code
	Began    time.Time
	Ended    time.Time
	// Err says that there was no answer.
	Err    error
	Status int
	Header http.Header
	Body   []byte
}

// statuses are those that the contract gives to the codes of refusals.
var statuses = map[booking.Code][]int{
	booking.CodeValidation:           {http.StatusBadRequest},
	booking.CodeSeatLockFailed:       {http.StatusConflict},
	booking.CodeBookingExpired:       {http.StatusGone},
	booking.CodePaymentPending:       {http.StatusConflict},
	booking.CodePaymentFailed:        {http.StatusPaymentRequired},
	booking.CodeInsufficientFunds:    {http.StatusPaymentRequired},
	booking.CodeIdempotencyKeyReused: {http.StatusUnprocessableEntity},
	booking.CodeInvalidState:         {http.StatusConflict, http.StatusUnprocessableEntity}, // 422 for a booking that cannot be paid
	booking.CodeConflict:             {http.StatusConflict},
	booking.CodeUnavailable:          {http.StatusServiceUnavailable},
}

// refusals are the codes with which an operation may refuse, besides UNAVAILABLE. Customers here are logged in and ask for what exists, so many codes
// of the contract would be wrong.
var refusals = map[string][]booking.Code{
	"GET /shows/{id}/seats":            {booking.CodeConflict},
	"POST /bookings":                   {booking.CodeSeatLockFailed, booking.CodeBookingExpired, booking.CodeConflict, booking.CodeValidation, booking.CodeInsufficientFunds},
	"POST /bookings/{id}/payments":     {booking.CodeBookingExpired, booking.CodePaymentPending, booking.CodePaymentFailed, booking.CodeInsufficientFunds, booking.CodeInvalidState, booking.CodeConflict},
	"GET /bookings/{id}/cancellation":  {booking.CodeBookingExpired, booking.CodeInvalidState, booking.CodeConflict},
	"POST /bookings/{id}/cancel":       {booking.CodeBookingExpired, booking.CodePaymentPending, booking.CodeInvalidState, booking.CodeConflict},
	"POST /wallet/top-ups":             {booking.CodePaymentFailed, booking.CodeConflict},
	"POST /admin/cascades/{id}/pause":  {booking.CodeInvalidState},
	"POST /admin/cascades/{id}/resume": {booking.CodeInvalidState},
	"POST /admin/bookings/{id}/expire": {booking.CodeInvalidState, booking.CodePaymentPending, booking.CodeConflict},
	"POST /admin/refunds/{id}/retry":   {booking.CodeInvalidState, booking.CodeConflict},
	"POST /admin/refunds/{id}/divert":  {booking.CodeInvalidState, booking.CodeConflict},
}

// identifier is a path's element that names one thing: a booking, a show.
var identifier = regexp.MustCompile(`/[a-z]{2,4}_[A-Za-z0-9_.-]+`)

// operation takes ids out of a path below /api/v1.
func operation(method, path string) string {
	return method + " " + identifier.ReplaceAllString(path, "/{id}")
}

// judgeAnswer says what is wrong with an answer, or nothing. apiAway says whether the API was taken away while the request was under way, or just before.
func judgeAnswer(x exchange, apiAway bool) string {
	took := x.Ended.Sub(x.Began).Round(time.Millisecond)
	switch {
	case x.Err != nil && apiAway:
		return ""
	case x.Err != nil:
		return fmt.Sprintf("no answer after %s, although the API was there: %v", took, x.Err)
	case took > longestAnswer:
		return fmt.Sprintf("an answer after %s", took)
	case x.Status >= 200 && x.Status < 300:
		if !json.Valid(x.Body) {
			return fmt.Sprintf("%d with a body that is no JSON: %s", x.Status, short(x.Body))
		}
		return ""
	}
	var refused openapi.Error
	if err := json.Unmarshal(x.Body, &refused); err != nil || refused.Error.Code == "" || refused.Error.Message == "" || refused.Error.CorrelationId == "" {
		return fmt.Sprintf("%d outside the error shape: %s", x.Status, short(x.Body))
	}
	code := refused.Error.Code
	allowed := append(slices.Concat(refusals[x.Operation], x.Expected), booking.CodeUnavailable)
	if !slices.Contains(statuses[code], x.Status) || !slices.Contains(allowed, code) {
		return fmt.Sprintf("%d %s: %s", x.Status, code, short(x.Body))
	}
	if code == booking.CodeValidation && !slices.Contains(x.Expected, code) && (refused.Error.Details == nil || (*refused.Error.Details)["reason"] == nil) {
		return fmt.Sprintf("%d %s for another reason than the show: %s", x.Status, code, short(x.Body))
	}
	if x.Status == http.StatusServiceUnavailable {
		if seconds, err := strconv.Atoi(x.Header.Get("Retry-After")); err != nil || seconds < 1 {
			return fmt.Sprintf("503 with Retry-After %q", x.Header.Get("Retry-After"))
		}
	}
	return ""
}

// outcome is how an exchange ended: "201", "409 SEAT_LOCK_FAILED", "no answer".
func (x exchange) outcome() string {
	if x.Err != nil {
		return "no answer"
	}
	var refused openapi.Error
	if x.Status >= http.StatusBadRequest && json.Unmarshal(x.Body, &refused) == nil && refused.Error.Code != "" {
		return fmt.Sprintf("%d %s", x.Status, refused.Error.Code)
	}
	return strconv.Itoa(x.Status)
}

// short is as much of a body as a report has room for.
func short(body []byte) string {
	const room = 300
	if len(body) > room {
		return string(body[:room]) + "…"
	}
	return string(body)
}

// readable says that the operation only reads, which works while booking is down.
func (x exchange) readable() bool { return strings.HasPrefix(x.Operation, http.MethodGet+" ") }

// apiAway says whether an exchange without an answer may be due to a kill.
func (x exchange) apiAway(o *outages) bool { return o.touched(stack.API, x.Began, x.Ended) }
