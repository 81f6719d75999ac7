package apifuzz

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// inside matches what only the server itself can know, such as places in its file system. A path from somewhere else (../../etc/passwd) does not
// count: the request may have contained it.
var inside = regexp.MustCompile(`SQLSTATE|(?i:goroutine \d)|runtime error|panic|\.go:\d|openapi\.|openapi3|json: |strconv\.|reflect\.|invalid input syntax|violates |relation "|` +
	`0xc0[0-9a-f]{6}|\bpgx\b|\bpgconn\b|\bEOF\b|unmarshal|Unmarshal|invalid character|localhost:|127\.0\.0\.1:|` +
	`(?:^|[\s"'=(:])/(?:etc|home|opt|proc|root|srv|tmp|usr|var)/`)

var correlationPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestRefusals are the statuses that say that a request as such cannot be served, whatever the state of the world.
var requestRefusals = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
}

// answered complains about a status that no request may get.
func answered(status int) string { return fmt.Sprintf("it is answered %d", status) }

// MerelyUnavailable says that an answer asks to try again later, and that this is all that Judge has found wrong with it.
func (a Answer) MerelyUnavailable(wrong []string) bool {
	return a.Status == http.StatusServiceUnavailable && slices.Equal(wrong, []string{answered(a.Status)})
}

// Judge says what is wrong with an answer; nothing when it is as it has to be.
func (c *Contract) Judge(ctx context.Context, sent Request, got Answer) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	request, err := sent.Read()
	if err != nil || sent.HugeHeader && got.Status == http.StatusRequestHeaderFieldsTooLarge {
		// What is not HTTP never reaches the API: the server itself answers and hangs up.
		if got.Status < http.StatusBadRequest || got.Status >= http.StatusInternalServerError {
			say("what is not HTTP is answered %d", got.Status)
		}
		return wrong
	}
	if got.Status >= http.StatusInternalServerError {
		wrong = append(wrong, answered(got.Status))
	}
	// A correlation id may have any letters.
	said := bytes.ReplaceAll(got.Body, []byte(got.Header.Get("X-Correlation-Id")), nil)
	if leak := inside.Find(said); leak != nil && got.Status >= http.StatusBadRequest {
		say("it tells of the inside: %q", leak)
	}
	for _, problem := range c.conforms(ctx, request, got) {
		say("%s", problem)
	}
	if got.Status >= http.StatusBadRequest && sent.Operation.Path != "/readyz" {
		for _, problem := range errorShape(request, got) {
			say("%s", problem)
		}
	}
	for _, problem := range c.expects(ctx, sent, request, got) {
		say("%s", problem)
	}
	return wrong
}

// conforms checks status, headers and body against the contract.
func (c *Contract) conforms(ctx context.Context, request *http.Request, got Answer) (wrong []string) {
	route, params, ok := c.route(request)
	if !ok || request.Method == http.MethodHead {
		return nil
	}
	err := openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 got.Status, Header: got.Header, Body: io.NopCloser(bytes.NewReader(got.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	// An address that names nothing, such as an empty part of a path, is not of this operation, though the router of the contract takes it for one.
	if err != nil && (got.Status != http.StatusNotFound && got.Status != http.StatusMethodNotAllowed) {
		wrong = append(wrong, fmt.Sprintf("it does not conform: %v", err))
	}
	return wrong
}

// errorShape checks the one shape of errors.
func errorShape(request *http.Request, got Answer) (wrong []string) {
	id := got.Header.Get("X-Correlation-Id")
	if !correlationPattern.MatchString(id) {
		wrong = append(wrong, fmt.Sprintf("its correlation id is %q", id))
	}
	if asked := request.Header["X-Correlation-Id"]; len(asked) == 1 && correlationPattern.MatchString(asked[0]) && asked[0] != id {
		wrong = append(wrong, fmt.Sprintf("its correlation id is %q, not %q", id, asked[0]))
	}
	if (got.Status == http.StatusTooManyRequests || got.Status == http.StatusServiceUnavailable) && got.Header.Get("Retry-After") == "" {
		wrong = append(wrong, "it does not say when to try again")
	}
	if request.Method == http.MethodHead {
		return wrong
	}
	said, err := readError(got.Body)
	switch {
	case err != nil:
		return append(wrong, fmt.Sprintf("it is no error of ours: %v", err))
	case said.Code == "" || said.Message == "" || said.CorrelationId != id:
		wrong = append(wrong, "its error is incomplete")
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		wrong = append(wrong, "it is of the type "+kind)
	}
	return wrong
}

func readError(body []byte) (openapi.ErrorBody, error) {
	var said openapi.Error
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&said)
	return said.Error, err
}

// expects compares an answer with what is known about its request.
func (c *Contract) expects(ctx context.Context, sent Request, request *http.Request, got Answer) (wrong []string) {
	invalid := c.invalid(ctx, request)
	switch {
	case len(sent.Breaks) == 0 && len(sent.Odd) == 0 && invalid != nil:
		wrong = append(wrong, fmt.Sprintf("the generator's valid request is not valid: %v", invalid))
	case len(sent.Breaks) == 0 && len(sent.Odd) == 0:
		if slices.Contains(requestRefusals, got.Status) && (got.Status != http.StatusUnauthorized || !sent.Operation.open()) && !got.asksForTheImpossible() {
			wrong = append(wrong, "a valid request of somebody entitled is refused as such")
		}
	case sent.Operation.forProvider() && !slices.ContainsFunc(sent.Breaks, func(b Break) bool { return b.Field == "Stripe-Signature" }):
		// What is signed and cannot be read is accepted, or the provider would send it for ever.
	case got.Status < http.StatusBadRequest && (len(sent.Breaks) > 0 || invalid != nil) && !slices.Contains([]string{http.MethodHead, http.MethodOptions}, request.Method):
		wrong = append(wrong, fmt.Sprintf("the API is laxer than the contract (which says: %v)", invalid))
	}
	if len(sent.Breaks) != 1 {
		return wrong
	}
	return append(wrong, sent.Breaks[0].misjudged(sent, got)...)
}

// asksForTheImpossible says that a request was read, and refused because of what one of its fields asks for: a coupon that is unknown, a statement of
// too many days.
func (a Answer) asksForTheImpossible() bool {
	said, err := readError(a.Body)
	if err != nil || a.Status != http.StatusBadRequest || said.Details == nil {
		return false
	}
	return (*said.Details)["field"] != nil
}

// misjudged says why a refusal does not fit the only rule that was broken. A refusal for another reason may come first, such as 404 for something
// that does not exist.
func (b Break) misjudged(sent Request, got Answer) (wrong []string) {
	if len(sent.Odd) > 0 || !slices.Contains(requestRefusals, got.Status) || len(b.Statuses) == 0 {
		return nil
	}
	said, err := readError(got.Body)
	if err != nil || said.Code == "" {
		return nil
	}
	if !slices.Contains(b.Statuses, got.Status) {
		wrong = append(wrong, fmt.Sprintf("the break of a rule (%s) is answered %d, not %v", b.Rule, got.Status, b.Statuses))
	}
	if b.Field == "" || said.Code != "VALIDATION_ERROR" {
		return wrong
	}
	var field any
	if said.Details != nil {
		field = (*said.Details)["field"]
	}
	// What one field means may be refused before what another one is.
	if field == nil || field != b.Field && got.Status != http.StatusBadRequest {
		wrong = append(wrong, fmt.Sprintf("the field that is named is %v, not %s", field, b.Field))
	}
	return wrong
}

// invalid asks the contract itself whether a request fits it, which has nothing to do with how the request was made.
func (c *Contract) invalid(ctx context.Context, request *http.Request) error {
	route, params, ok := c.route(request)
	if !ok {
		return nil
	}
	return openapi3filter.ValidateRequest(ctx, &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true},
	})
}
