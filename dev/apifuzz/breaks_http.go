package apifuzz

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// mutations are all that may be done to a request.
var mutations = slices.Concat(bodyMutations, []mutation{
	{"a parameter that cannot be", hasQuery, breakQuery},
	{"a parameter twice", hasQuery, repeatQuery},
	{"an unknown parameter", always, unknownQuery},
	{"odd percent-encoding in the query", hasQuery, garbleQuery},
	{"an odd path", hasParams, garblePath},
	{"another address", always, otherPath},
	{"another method", always, otherMethod},
	{"a bad key", needsKey, breakKey},
	{"an odd correlation id", always, oddCorrelation},
	{"odd headers", always, oddHeaders},
	{"no token", needsToken, noToken},
	{"a bad token", needsToken, badToken},
	{"a token of another role", needsRole, otherRole},
	{"a bad signature", forProvider, badSignature},
	{"no event", forProvider, noEvent},
	{"a body in chunks", withBody, func(_ *Generator, _ *rapid.T, d *draft) { d.chunked = true; d.isOdd("chunked") }},
	{"a body that ends early", withBody, endEarly},
	{"a body that nobody asked for", func(d *draft) bool { return d.op.RequestBody == nil && !d.hasBody }, uncalledBody},
})

func always(*draft) bool                  { return true }
func hasParams(d *draft) bool             { return len(d.params) > 0 }
func forProvider(d *draft) bool           { return d.op.forProvider() }
func needsToken(d *draft) bool            { return !d.op.open() }
func needsRole(d *draft) bool             { return len(otherRoles(d)) > 0 }
func hasQuery(d *draft) bool              { return len(queryParameters(d)) > 0 }
func needsKey(d *draft) bool              { return slices.ContainsFunc(d.op.Parameters, isKey) }
func isKey(p *openapi3.ParameterRef) bool { return p.Value.Name == "Idempotency-Key" }

func queryParameters(d *draft) (all []*openapi3.Parameter) {
	for _, reference := range d.op.Parameters {
		if reference.Value.In == openapi3.ParameterInQuery {
			all = append(all, reference.Value)
		}
	}
	return all
}

// setQuery gives a parameter these values, as they are written, in place of those that it had.
func (d *draft) setQuery(name string, values ...string) {
	d.query = slices.DeleteFunc(d.query, func(p pair) bool { return p.name == name })
	for _, value := range values {
		d.query = append(d.query, pair{name, value})
	}
}

func breakQuery(_ *Generator, t *rapid.T, d *draft) {
	p := rapid.SampledFrom(queryParameters(d)).Draw(t, "parameter")
	schema := p.Schema.Value
	var values []any
	switch {
	case p.Name == "cursor":
		values = []any{"", "x", "Zm9vCjE", strings.Repeat("x", 600), "\x00", "\xff"}
	case p.Name == "from", p.Name == "to":
		values = []any{"", "x", "2026-13-01", "2026-02-30", "0000-00-00", "9999-12-31T25:00:00Z", "2026-11-20 10:00", strings.Repeat("2", 40), "-1", "\xff", "2026-11-20T00:00:00+99:99"}
	case schema.Format == "date":
		values = []any{"", "x", "2026-13-01", "2026-02-30", "20261120", "2026-11-20T00:00:00Z", "\xff", "'"}
	case schema.Type.Is(openapi3.TypeInteger):
		values = append(outOfBounds(schema), "", "x", "1.5", "1e1", "99999999999999999999", "0x10", " 5", "5 ", "٥", "\x00")
	case schema.Type.Is(openapi3.TypeBoolean):
		values = []any{"", "x", "2", "yes", "TRUE ", "null"}
	case schema.Type.Is(openapi3.TypeString):
		values = outOfBounds(schema)
	case schema.Type.Is(openapi3.TypeArray):
		for _, value := range outOfBounds(schema) {
			if list, ok := value.([]any); ok && len(list) > 0 {
				values = append(values, queryText(list))
			}
		}
	}
	if p.Required && rapid.Bool().Draw(t, "left out") {
		d.setQuery(p.Name)
		d.breaksRule("missing parameter", p.Name, http.StatusBadRequest)
		return
	}
	if len(values) == 0 {
		return
	}
	value := fmt.Sprint(rapid.SampledFrom(values).Draw(t, "value"))
	if schema.Type.Is(openapi3.TypeArray) {
		d.setQuery(p.Name, value) // a list is escaped already
	} else {
		d.setQuery(p.Name, url.QueryEscape(value))
	}
	d.breaksRule("bad parameter", p.Name, http.StatusBadRequest)
}

func repeatQuery(g *Generator, t *rapid.T, d *draft) {
	p := rapid.SampledFrom(queryParameters(d)).Draw(t, "parameter")
	value := "x"
	if p.Name != "cursor" {
		value = queryText(g.value(t, p.Name, p.Schema.Value))
	}
	d.setQuery(p.Name, value, value)
	d.breaksRule("parameter twice", p.Name, http.StatusBadRequest)
}

func unknownQuery(_ *Generator, t *rapid.T, d *draft) {
	d.query = append(d.query, pair{rapid.StringMatching(`[a-z_]{1,10}(\[\])?`).Draw(t, "name") + "_", rapid.StringMatching(`[A-Za-z0-9%+]{0,5}`).Filter(func(s string) bool {
		_, err := url.QueryUnescape(s)
		return err == nil
	}).Draw(t, "value")})
	d.isOdd("unknown parameter")
}

func garbleQuery(_ *Generator, t *rapid.T, d *draft) {
	p := rapid.SampledFrom(queryParameters(d)).Draw(t, "parameter")
	d.setQuery(p.Name, rapid.SampledFrom([]string{"%zz", "%", "5%", "%u0041", "1;a=2"}).Draw(t, "encoding"))
	d.breaksRule("garbled query", "", http.StatusBadRequest)
}

func garblePath(_ *Generator, t *rapid.T, d *draft) {
	var all []string
	for name := range d.params {
		all = append(all, name)
	}
	slices.Sort(all)
	d.params[rapid.SampledFrom(all).Draw(t, "parameter of the path")] = rapid.SampledFrom([]string{
		"%00", "a%00b", "a%2Fb", "..%2F..", "%2e%2e", "%20", "%FF", "%E2%80%AE", "'", "%27%20OR%20true--", "{}", strings.Repeat("x", 65), strings.Repeat("x", 5000), "%0d%0aX-A:1", "a;b=c", "*",
	}).Draw(t, "part of the path")
	d.breaksRule("id that nothing can have", "", http.StatusNotFound, http.StatusBadRequest)
}

func otherPath(_ *Generator, t *rapid.T, d *draft) {
	change := rapid.SampledFrom([]func(string) string{
		func(path string) string { return path + "/" },
		func(path string) string { return "/" + path },
		func(path string) string { return path + "/../.." },
		func(path string) string { return path + "/more" },
		func(path string) string { return path + "%2f" },
		strings.ToUpper,
		func(path string) string { return strings.Replace(path, "/api/v1/", "/api/v2/", 1) + "x" },
		func(path string) string { return "http://elsewhere.test" + path + "x" },
	}).Draw(t, "other address")
	d.path = change(d.path)
	d.isOdd("another address")
}

func otherMethod(_ *Generator, t *rapid.T, d *draft) {
	d.method = rapid.SampledFrom([]string{
		http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "BREW", "get", "PROPFIND",
	}).Draw(t, "method")
	d.breaksRule("another method", "", http.StatusNotFound, http.StatusMethodNotAllowed)
}

func breakKey(_ *Generator, t *rapid.T, d *draft) {
	d.header = slices.DeleteFunc(d.header, func(p pair) bool { return p.name == "Idempotency-Key" })
	bad := rapid.SampledFrom([][]string{
		{}, {""}, {"short"}, {strings.Repeat("x", 65)}, {"with space"}, {"key/00001"}, {"key-\xff0001"}, {"ключ-00001"}, {"key-00001", "key-00002"}, {"key-00001,key-00002"}, {"%6bey-00001"},
	}).Draw(t, "keys")
	for _, key := range bad {
		d.header = append(d.header, pair{"Idempotency-Key", key})
	}
	d.breaksRule("bad key", "Idempotency-Key", http.StatusBadRequest)
}

func oddCorrelation(_ *Generator, t *rapid.T, d *draft) {
	d.header = slices.DeleteFunc(d.header, func(p pair) bool { return p.name == "X-Correlation-Id" })
	ids := rapid.SampledFrom([][]string{{""}, {"a b"}, {strings.Repeat("x", 65)}, {"\xff"}, {"a", "b"}, {"é"}, {"<script>"}, {"a\tb"}}).Draw(t, "correlation ids")
	for _, id := range ids {
		d.header = append(d.header, pair{"X-Correlation-Id", id})
	}
	d.isOdd("odd correlation id")
}

func oddHeaders(_ *Generator, t *rapid.T, d *draft) {
	odd := rapid.SampledFrom([]pair{
		{"Content-Encoding", "gzip"},
		{"Accept-Encoding", "gzip, br;q=0"},
		{"Accept", "text/html"},
		{"Accept", "\xff"},
		{"X-Long", strings.Repeat("x", 20_000)},
		{"X-Huge", strings.Repeat("x", 100_000)},
		{"Cookie", "a=b; a=c"},
		{"X-Forwarded-For", "1.2.3.4, ::1, x"},
		{"X-HTTP-Method-Override", "DELETE"},
		{"Origin", "null"},
		{"Range", "bytes=0-5"},
		{"If-None-Match", "*"},
		{"Expect", "100-continue"},
		{"Forwarded", "for=1.2.3.4"},
		{"Content-Language", "é"},
		{"Stripe-Signature", "t=1,v1=00"},
	}).Draw(t, "header")
	d.header = append(d.header, odd)
	d.hugeHeader = d.hugeHeader || odd.name == "X-Huge"
	d.isOdd(odd.name)
	if odd.name == "Stripe-Signature" && d.op.forProvider() {
		d.unsigned = true
		d.breaksRule("bad signature", "Stripe-Signature", http.StatusBadRequest)
	}
}

func noToken(_ *Generator, _ *rapid.T, d *draft) {
	d.token = nil
	d.breaksRule("no token", "", http.StatusUnauthorized)
}

func badToken(g *Generator, t *rapid.T, d *draft) {
	token := rapid.SampledFrom(g.world.badTokens).Draw(t, "bad token")
	d.token = &token
	d.breaksRule("bad token", "", http.StatusUnauthorized)
}

func otherRoles(d *draft) []Role {
	all := []Role{Customer, Staff, Partner, Administrator}
	return slices.DeleteFunc(all, func(r Role) bool { return d.op.open() || slices.Contains(d.op.roles(), r) })
}

func otherRole(g *Generator, t *rapid.T, d *draft) {
	token := g.world.tokens[rapid.SampledFrom(otherRoles(d)).Draw(t, "other role")]
	d.token = &token
	d.breaksRule("another role", "", http.StatusForbidden)
}

func badSignature(_ *Generator, t *rapid.T, d *draft) {
	switch rapid.IntRange(0, 3).Draw(t, "signature") {
	case 0:
		d.unsigned = true
	case 1:
		d.secret = "whsec_of_somebody_else"
	case 2:
		d.signed = time.Now().Add(-time.Hour)
	default:
		d.unsigned = true
		d.header = append(d.header, pair{"Stripe-Signature", rapid.SampledFrom([]string{
			"", "t=", "t=1", "v1=x", "t=x,v1=x", "t=99999999999999999999,v1=00", ",,,", sign([]byte("{}"), d.secret, time.Now()),
		}).Draw(t, "header")})
	}
	d.breaksRule("bad signature", "Stripe-Signature", http.StatusBadRequest)
}

func noEvent(_ *Generator, t *rapid.T, d *draft) {
	raw := rapid.OneOf(rapid.SampledFrom([]string{
		"", "null", "[]", "{}", `"x"`, `{"id":"evt_1"}`, `{"id":"evt_1","type":"x","created":1}`, `{"id":5}`, `{"id":"evt_1","type":"payment_intent.succeeded","created":1,"data":{}}`,
		`{"id":"evt_1","type":"refund.updated","created":1,"data":{"object":[]}}`, `{"id":"evt_\u0000","type":"x","created":1,"data":{"object":{}}}`,
		`{"id":"evt_1","type":"x","created":-1,"data":{"object":{}}}`, `{"id":"evt_1","type":"charge.dispute.created","created":1e30,"data":{"object":{}}}`, strings.Repeat("[", 100_000), "\xff",
	}), rapid.String()).Draw(t, "event")
	d.raw = &raw
	d.isOdd("no event")
}

func endEarly(_ *Generator, t *rapid.T, d *draft) {
	d.missing = rapid.IntRange(1, 100).Draw(t, "missing bytes")
	d.breaksRule("body ends early", "", http.StatusBadRequest)
}

func uncalledBody(_ *Generator, t *rapid.T, d *draft) {
	raw := rapid.SampledFrom([]string{"{}", "x", "\x00", strings.Repeat("x", 100_000)}).Draw(t, "body")
	d.hasBody, d.raw, d.kind = true, &raw, "application/json"
	d.isOdd("a body that nobody asked for")
}
