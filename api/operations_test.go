package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/api"
	"github.com/boxoffice/boxoffice/booking"
)

// operation is one of the contract's, with all that a good call of it takes but the token.
type operation struct {
	*openapi3.Operation

	method, path string
	header       map[string]string
	body         any
}

// providersOperation is the one that the payment provider calls.
const providersOperation = "receivePaymentEvent"

// operations are all of the contract but those that tell how the server is, in the order of their paths. What holds for one holds for
// those to come.
func operations(tb testing.TB) (all []operation) {
	tb.Helper()
	loaded, err := contract()
	require.NoError(tb, err)
	for _, path := range loaded.doc.Paths.InMatchingOrder() {
		for method, described := range loaded.doc.Paths.Value(path).Operations() {
			if !strings.HasPrefix(path, "/api/") {
				continue
			}
			op := operation{Operation: described, method: method, path: path, header: map[string]string{"Idempotency-Key": "key-00001"}}
			switch {
			case op.OperationID == providersOperation:
				event := intentEvent("evt_1", "payment_intent.succeeded", someBooking, nil)
				op.body, op.header["Stripe-Signature"] = event, signature(event, time.Now(), webhookSecret)
			case described.RequestBody != nil:
				op.body = example(described.RequestBody.Value.Content.Get("application/json"))
				require.NotNil(tb, op.body, "%s has no example", described.OperationID)
			}
			all = append(all, op)
		}
	}
	return all
}

func example(content *openapi3.MediaType) any {
	if content.Example != nil {
		return content.Example
	}
	for _, named := range content.Examples {
		return named.Value.Value
	}
	return nil
}

// address is where to call an operation: with these path parameters, a likely id for those that are left out, and the query that it needs.
func (o operation) address(params map[string]string) string {
	query := url.Values{}
	path := o.path
	for _, described := range o.Parameters {
		value, given := params[described.Value.Name]
		switch {
		case described.Value.In == openapi3.ParameterInPath:
			if !given {
				value = map[bool]string{true: "stripe", false: "1"}[described.Value.Name == "provider"]
			}
			path = strings.ReplaceAll(path, "{"+described.Value.Name+"}", value)
		case given:
			query[described.Value.Name] = []string{value}
		case described.Value.In == openapi3.ParameterInQuery && described.Value.Required:
			query.Set(described.Value.Name, map[string]string{"currency": "INR", "from": day(1)}[described.Value.Name])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// params are the names of an operation's parameters in the path, or in the query.
func (o operation) params(in string) (names []string) {
	for _, described := range o.Parameters {
		if described.Value.In == in {
			names = append(names, described.Value.Name)
		}
	}
	return names
}

func (b *bundle) calls(op operation, user string, change func(*call)) answer {
	b.Helper()
	made := call{method: op.method, path: op.address(nil), user: user, body: op.body, header: maps.Clone(op.header)}
	if change != nil {
		change(&made)
	}
	return b.do(made)
}

// unhurried lets a test call as often as it likes.
func unhurried(c *api.Config) { c.AuthRate, c.UserRate, c.UserBurst = 10_000, 10_000, 10_000 }

func TestEveryOperationIsUnavailableWithoutPostgres(t *testing.T) {
	t.Parallel()
	b := withoutPostgres(t)
	for _, op := range operations(t) {
		got := b.calls(op, ada, nil)
		got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
		require.NotContains(t, string(got.body), "connect", op.OperationID)
	}
	require.Empty(t, b.temporal.starts, "nothing is begun that cannot be written down")
	require.Empty(t, b.temporal.updates)
}

func TestEveryOperationOfAUserIsLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *api.Config) { c.UserRate, c.UserBurst = 0.01, 1 })
	for _, op := range operations(t) {
		if op.OperationID == providersOperation || strings.HasPrefix(op.path, "/api/v1/auth/") {
			continue // the provider comes as often as it likes, and those who enter have limits of their own
		}
		as := func(c *call) {
			c.header["Authorization"] = "Bearer " + token(t, "us_"+op.OperationID, func(claims jwt.MapClaims) { claims["role"] = "ADMIN" })
		}
		require.NotEqual(t, http.StatusTooManyRequests, b.calls(op, "", as).status)
		b.calls(op, "", as).refuses(http.StatusTooManyRequests, booking.CodeRateLimited)
	}
}

func TestIdsThatNothingCanHaveAreNotFound(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	for _, op := range operations(t) {
		for _, name := range op.params(openapi3.ParameterInPath) {
			for _, id := range []string{"%00", "a%00b", "a%2Fb", "..%2F..", "%20", "%FF", "%E2%80%AE", "'", "%27%20OR%20true--", "{}", strings.Repeat("x", 65), strings.Repeat("x", 5000)} {
				b.calls(op, ada, func(c *call) { c.path = op.address(map[string]string{name: id}) }).refuses(http.StatusNotFound, booking.CodeNotFound)
			}
		}
	}
	require.Empty(t, b.temporal.starts)
}

func TestEveryBodyIsReadWithCare(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	for _, op := range operations(t) {
		if op.body == nil || op.OperationID == providersOperation {
			continue
		}
		with := func(body string, kind string) answer {
			return b.calls(op, ada, func(c *call) { c.body, c.header["Content-Type"] = body, kind })
		}
		good, err := json.Marshal(op.body)
		require.NoError(t, err)
		with(string(good), "text/plain").refuses(http.StatusUnsupportedMediaType, booking.CodeValidation)
		with(strings.Repeat(" ", 64<<10)+string(good), "application/json").refuses(http.StatusRequestEntityTooLarge, booking.CodeValidation)
		deep := strings.Repeat("[", 20000)
		for _, body := range []string{
			"{", "null", "[]", `"text"`, "5", "true", " ", string(good) + "{}", `{"\u0000":1}`, deep, `{"x":` + deep + "}", string(good[:len(good)-1]) + `,"surprise":1}`, "\xff\xfe",
		} {
			with(body, "application/json").refuses(http.StatusBadRequest, booking.CodeValidation)
		}
	}
	require.Empty(t, b.temporal.starts)
}

func TestEveryFieldIsThereOnceByItsNameAndNotNull(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	for _, op := range operations(t) {
		fields, isObject := op.body.(map[string]any)
		if !isObject {
			continue
		}
		for field, value := range fields {
			text, err := json.Marshal(value)
			require.NoError(t, err)
			rest := maps.Clone(fields)
			delete(rest, field)
			others, err := json.Marshal(rest)
			require.NoError(t, err)
			with := func(more string) map[string]any {
				body := strings.Replace(string(others), "{", "{"+more+",", 1)
				return b.calls(op, ada, func(c *call) { c.body = strings.Replace(body, ",}", "}", 1) }).refuses(http.StatusBadRequest, booking.CodeValidation)
			}
			name := fmt.Sprintf("%q:", field)
			require.Equal(t, field, with(name + "null")["field"], op.OperationID)
			require.Equal(t, field, with(name + `["A1",null]`)["field"], op.OperationID)
			require.Equal(t, field, with(name + string(text) + "," + name + string(text))["field"], op.OperationID)
			require.Equal(t, strings.ToUpper(field), with(strings.ToUpper(name) + string(text))["field"], op.OperationID)
			require.Nil(t, with(name+"\"\xff\""), op.OperationID)
		}
	}
	require.Empty(t, b.temporal.starts)
}

func TestAQueryThatCannotBeReadIsNotIgnored(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	for _, op := range operations(t) {
		for _, query := range []string{"limit=%zz", "%", "a=1;b=2"} {
			b.calls(op, ada, func(c *call) { c.path, _, _ = strings.Cut(c.path, "?"); c.path += "?" + query }).refuses(http.StatusBadRequest, booking.CodeValidation)
		}
	}
	require.Empty(t, b.temporal.starts)
}

func TestNoFieldOfABodyIsADefect(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	b.insert(row{id: "1", customer: ada})
	values := []string{
		"null", "true", "0", "-1", "1.5", "1e3", "1e400", "9223372036854775807", "9223372036854775808", "-9223372036854775809", `""`, `" "`, `"\u0000"`, `"\ud800"`,
		`"é"`, `"` + strings.Repeat("x", 5000) + `"`, "[]", `[null]`, `[1]`, `[""]`, `["A1","a1"]`, "{}", `["\u0000"]`,
	}
	for _, op := range operations(t) {
		fields, isObject := op.body.(map[string]any)
		if !isObject {
			continue
		}
		for field := range fields {
			for n, value := range values {
				changed := maps.Clone(fields)
				changed[field] = json.RawMessage(value)
				got := b.calls(op, ada, func(c *call) { c.body, c.header["Idempotency-Key"] = changed, fmt.Sprintf("key-%s-%02d", field, n) })
				// Temporal is away: what is good goes as far as that.
				require.Contains(t, []int{400, 401, 404, 409, 422, 201, 503}, got.status, "%s of %s is %s: %s", field, op.OperationID, value, got.body)
			}
		}
	}
}

func TestNoParameterOfAQueryIsADefect(t *testing.T) {
	t.Parallel()
	b := setup(t, unhurried)
	b.insert(row{id: "1", customer: ada})
	values := []string{
		"", "\x00", "\xff", " ", "'", "null", "-1", "0", "1e9", "99999999999999999999", "é", strings.Repeat("x", 5000), "a,b", strings.Repeat("A1,", 500),
		"0000-00-00", "9999-12-31", "2026-02-30", "2026-11-20T24:00:00Z", "2026-11-20T00:00:00+99:99", "Zm9vCjE", "d2FsbGV0Ci05MjIzMzcyMDM2ODU0Nzc1ODA4",
	}
	for _, op := range operations(t) {
		for _, name := range op.params(openapi3.ParameterInQuery) {
			for _, value := range values {
				got := b.calls(op, ada, func(c *call) { c.path = op.address(map[string]string{name: value}) })
				require.True(t, slices.Contains([]int{200, 400, 404, 422}, got.status), "%s of %s is %q: %s", name, op.OperationID, value, got.body)
				twice := b.calls(op, ada, func(c *call) { c.path = op.address(nil) + "?" + name + "=1&" + name + "=2" })
				require.Less(t, twice.status, http.StatusInternalServerError, "%s of %s", name, op.OperationID)
			}
		}
	}
}

// What Temporal may say when it, or its workers, are away, overloaded or just forgetting: each time nothing is done, and a repeat helps.
func TestEveryCommandMayBeRepeatedAfterTemporalFailed(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"away":                   serviceerror.NewUnavailable("away"),
		"slow":                   serviceerror.NewDeadlineExceeded("slow"),
		"hung up":                serviceerror.NewCanceled("hung up"),
		"busy":                   serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT, "limit on number of concurrent in-flight updates has been reached (10)"),
		"locked":                 serviceerror.NewAborted("locked"),
		"no worker":              client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded),
		"no time":                context.DeadlineExceeded,
		"over":                   errNoWorkflow,
		"over before its update": temporal.NewApplicationError("accepted update completed workflow", "AcceptedUpdateCompletedWorkflow"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := withRefund(t, booking.RefundNeedsAttention)
			b.insert(row{id: "bk_2", seats: []string{"B1"}})
			b.insert(row{id: "bk_3", seats: []string{"B2", "B3"}, status: booking.StatusConfirmed})
			b.insertPayment("pay_3", "bk_3", "hash", booking.PaymentSucceeded)
			begun := b.begun(booking.CascadeShow, "sh_tamil", ada)
			b.temporal.onHold = func(context.Context, booking.Request) (booking.Hold, error) { return booking.Hold{}, failure }
			b.temporal.onTopUp = func(booking.TopUpRequest) (booking.TopUp, error) { return booking.TopUp{}, failure }
			b.temporal.onUpdate = answering(func(client.UpdateWorkflowOptions) (any, error) { return nil, failure })
			b.temporal.onCommand = b.temporal.onUpdate
			for _, got := range []answer{
				b.post(asha, bookings, "key-00001", holdBody("sh_hindi", "A1")),
				b.post(asha, bookings+"/bk_2/payments", "key-00001", pay("CARD")),
				b.cancel(asha, "bk_2", nil),
				b.cancel(asha, "bk_3", map[string]any{"seatIds": []string{"B2"}}),
				b.post(asha, topUps, "key-00001", topUpBody(500, "INR")),
				b.post(ada, admin+"/refunds/"+someRefund+"/retry", "key-00001", reason("because")),
				b.post(ada, admin+"/refunds/"+someRefund+"/divert", "key-00001", reason("because")),
				b.post(ada, admin+"/bookings/bk_2/expire", "", reason("because")),
				b.post(ada, admin+"/bookings/bk_3/move", "key-00001", moveBody("because", []string{"B2"}, []string{"A5"})),
				b.command(ada, "/shows/sh_hindi/cancel", reason("because")),
				b.command(ada, "/cascades/"+begun+"/pause", reason("because")),
			} {
				got.refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
				require.NotContains(t, string(got.body), "update")
			}
		})
	}
}
