package apifuzz

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// Request is what somebody sends, byte by byte, and what is wrong with it.
type Request struct {
	Operation Operation
	// Wire is the request as it goes over a connection.
	Wire []byte
	// Breaks are the rules that it breaks. It is empty for a valid request of a caller who may send it.
	Breaks []Break
	// Odd says what is unusual about it, though no rule forbids it.
	Odd []string
	// CutOff says that the sender stops before the end of the body.
	CutOff bool
	// HugeHeader says that the header is longer than servers have to read.
	HugeHeader bool
}

// Break is a rule of the contract that a request breaks.
type Break struct {
	// Rule says which, for people.
	Rule string
	// Field is what an answer that names a field has to name; empty when it need not.
	Field string
	// Statuses are those that the request may be refused with (400, 401, 403, 404, 405, 413 or 415); any when empty.
	Statuses []int
}

// String shows the request with what is wrong with it.
func (r Request) String() string {
	return fmt.Sprintf("%s, breaks %+v, odd %q:\n%s", r.Operation.OperationID, r.Breaks, r.Odd, cut(r.Wire))
}

// GoString is what rapid shows of a request that it draws.
func (r Request) GoString() string { return r.String() }

func cut(text []byte) string {
	const most = 3000
	if len(text) > most {
		return fmt.Sprintf("%q... (%d bytes)", text[:most], len(text))
	}
	return fmt.Sprintf("%q", text)
}

// Read gives the request as a server reads it. An error means that it is not HTTP.
func (r Request) Read() (*http.Request, error) {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Wire)))
	if err != nil {
		return nil, err
	}
	request.RemoteAddr = "192.0.2.1:1234"
	return request, nil
}

// Generator draws requests.
type Generator struct {
	contract *Contract
	world    *World
	today    time.Time
}

// NewGenerator makes a generator of requests about what the world knows.
func NewGenerator(contract *Contract, world *World) *Generator {
	return &Generator{contract: contract, world: world, today: time.Now().UTC().Truncate(24 * time.Hour)}
}

// Requests draws requests for these operations, for all when there are none: valid ones, and ones that break a rule or several.
func (g *Generator) Requests(operations ...Operation) *rapid.Generator[Request] {
	if len(operations) == 0 {
		operations = g.contract.operations
	}
	return rapid.Custom(func(t *rapid.T) Request {
		op := rapid.Map(rapid.IntRange(0, len(operations)-1), func(n int) Operation { return operations[n] }).Draw(t, "operation")
		d := g.valid(t, op)
		spoil := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 1, 1, 1, 2, 3}).Draw(t, "how much is wrong")
		fitting := slices.DeleteFunc(slices.Clone(mutations), func(m mutation) bool { return !m.fits(d) })
		for range spoil {
			n := rapid.IntRange(0, len(fitting)-1).Draw(t, "mutation")
			if m := fitting[n]; m.fits(d) {
				m.apply(g, t, d)
			}
		}
		return g.render(d)
	})
}

// pair is a name and a value, as they are written.
type pair struct{ name, value string }

// draft is a request before it is written down.
type draft struct {
	op      Operation
	method  string
	path    string // with its parameters in braces
	params  map[string]string
	query   []pair // escaped
	header  []pair
	token   *string // nil: none
	hasBody bool
	fields  []pair // of the body, as JSON
	raw     *string
	// secret and signed are for the provider's signature; unsigned leaves it out.
	secret   string
	signed   time.Time
	unsigned bool
	kind     string // the Content-Type; empty: none
	chunked  bool
	missing  int // how many bytes of the body are promised and not sent

	breaks     []Break
	odd        []string
	hugeHeader bool
}

func (d *draft) breaksRule(rule, field string, statuses ...int) {
	d.breaks = append(d.breaks, Break{Rule: rule, Field: field, Statuses: statuses})
}

func (d *draft) isOdd(what string) { d.odd = append(d.odd, what) }

// valid drafts a request that fits the contract, by somebody who is entitled.
func (g *Generator) valid(t *rapid.T, op Operation) *draft {
	d := &draft{op: op, method: op.Method, path: op.Path, params: map[string]string{}, secret: g.world.webhookSecret, signed: time.Now()}
	if role := rapid.SampledFrom(op.roles()).Draw(t, "role"); role != Nobody {
		token := g.world.tokens[role]
		d.token = &token
	}
	for _, reference := range op.Parameters {
		g.parameter(t, d, reference.Value)
	}
	switch schema := op.bodySchema(); {
	case op.forProvider():
		event, tidy := g.event(t)
		d.hasBody, d.raw, d.kind = true, &event, "application/json"
		if !tidy {
			d.isOdd("an event of any words")
		}
	case schema != nil && (op.RequestBody.Value.Required || rapid.Bool().Draw(t, "with a body")):
		d.hasBody = true
		d.kind = rapid.SampledFrom([]string{"application/json", "application/json; charset=utf-8", "APPLICATION/JSON"}).Draw(t, "content type")
		for _, name := range names(schema) {
			if slices.Contains(schema.Required, name) || rapid.Bool().Draw(t, "with "+name) {
				d.fields = append(d.fields, pair{name, encode(g.value(t, name, schema.Properties[name].Value))})
			}
		}
	}
	return d
}

// names are those of an object's fields.
func names(schema *openapi3.Schema) (all []string) {
	for name := range schema.Properties {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (g *Generator) parameter(t *rapid.T, d *draft, p *openapi3.Parameter) {
	switch {
	case p.In == openapi3.ParameterInPath:
		d.params[p.Name] = url.PathEscape(g.pathID(t, p.Name))
	case p.Name == "cursor":
		if known := g.world.of("cursor of " + d.op.OperationID); len(known) > 0 && rapid.Bool().Draw(t, "with a cursor") {
			d.query = append(d.query, pair{p.Name, url.QueryEscape(rapid.SampledFrom(known).Draw(t, "cursor"))})
		}
	case p.Name == "currency":
		// Only some of the codes that fit the pattern are used here, which only the description can tell.
		if p.Required || rapid.Bool().Draw(t, "with a currency") {
			d.query = append(d.query, pair{p.Name, rapid.SampledFrom(g.world.of(p.Name)).Draw(t, p.Name)})
		}
	case p.Name == "Idempotency-Key":
		few := rapid.Map(rapid.IntRange(1, 20), func(n int) string { return fmt.Sprintf("key-%05d", n) })
		d.header = append(d.header, pair{p.Name, rapid.OneOf(few, rapid.StringMatching(p.Schema.Value.Pattern)).Draw(t, p.Name)})
	case !p.Required && !rapid.Bool().Draw(t, "with "+p.Name):
	case p.In == openapi3.ParameterInHeader:
		d.header = append(d.header, pair{p.Name, rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`).Draw(t, p.Name)})
	default:
		d.query = append(d.query, pair{p.Name, queryText(g.value(t, p.Name, p.Schema.Value))})
	}
}

// pathID draws an id for a path, mostly one that exists.
func (g *Generator) pathID(t *rapid.T, name string) string {
	if name == "provider" { // its events are the subject, not who else could send some
		return "stripe"
	}
	if known := g.world.of(name); len(known) > 0 && rapid.IntRange(0, 4).Draw(t, "is "+name+" known") > 0 {
		return rapid.SampledFrom(known).Draw(t, name)
	}
	return rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9._:-]{1,64}`), rapid.SampledFrom(oddTexts), rapid.StringN(1, 80, -1)).
		Filter(func(text string) bool { return text != "." && text != ".." }).Draw(t, name)
}

// queryText writes a value into a query; lists have commas between their values.
func queryText(value any) string {
	list, ok := value.([]any)
	if !ok {
		return url.QueryEscape(fmt.Sprint(value))
	}
	var parts []string
	for _, item := range list {
		parts = append(parts, url.QueryEscape(fmt.Sprint(item)))
	}
	return strings.Join(parts, ",")
}

// render writes a draft down.
func (g *Generator) render(d *draft) Request {
	path := d.path
	for name, value := range d.params {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	var query []string
	for _, p := range d.query {
		query = append(query, p.name+"="+p.value)
	}
	if len(query) > 0 {
		path += "?" + strings.Join(query, "&")
	}
	var wire bytes.Buffer
	fmt.Fprintf(&wire, "%s %s HTTP/1.1\r\nHost: boxoffice.test\r\nConnection: close\r\n", d.method, path)
	body := d.body()
	for _, p := range d.headers(body) {
		fmt.Fprintf(&wire, "%s: %s\r\n", p.name, p.value)
	}
	switch {
	case !d.hasBody:
		wire.WriteString("\r\n")
	case d.chunked:
		wire.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for part := range slices.Chunk([]byte(body), 7000) {
			fmt.Fprintf(&wire, "%x\r\n%s\r\n", len(part), part)
		}
		if d.missing == 0 {
			wire.WriteString("0\r\n\r\n")
		}
	default:
		fmt.Fprintf(&wire, "Content-Length: %s\r\n\r\n%s", strconv.Itoa(len(body)+d.missing), body)
	}
	return Request{Operation: d.op, Wire: wire.Bytes(), Breaks: d.breaks, Odd: d.odd, CutOff: d.missing > 0, HugeHeader: d.hugeHeader}
}

func (d *draft) body() string {
	if d.raw != nil {
		return *d.raw
	}
	var fields []string
	for _, field := range d.fields {
		fields = append(fields, encode(field.name)+":"+field.value)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func (d *draft) headers(body string) []pair {
	all := slices.Clone(d.header)
	if d.token != nil {
		all = append(all, pair{"Authorization", "Bearer " + *d.token})
	}
	if d.op.forProvider() && !d.unsigned {
		all = append(all, pair{"Stripe-Signature", sign([]byte(body), d.secret, d.signed)})
	}
	if d.hasBody && d.kind != "" {
		all = append(all, pair{"Content-Type", d.kind})
	}
	return all
}
