package apifuzz

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// mutation changes one thing of a request.
type mutation struct {
	name string
	// fits says whether a draft has what is to be changed.
	fits  func(d *draft) bool
	apply func(g *Generator, t *rapid.T, d *draft)
}

// bodyMutations break, or stretch, what the contract says about a JSON body.
var bodyMutations = []mutation{
	{"a value of another type", hasFields, breakType},
	{"a missing field", hasRequired, dropRequired},
	{"a null", hasFields, nullField},
	{"a value out of bounds", hasBounded, breakBounds},
	{"a field that is not there", ofObject, addField},
	{"a field twice", hasFields, repeatField},
	{"a field in other letters", hasFields, changeCase},
	{"a number that is too long", hasNumber, hugeNumber},
	{"bytes that are no text", hasText, invalidText},
	{"a raw control character", hasText, rawControl},
	{"no object", ofObject, noObject},
	{"a body that is too long", withBody, longBody},
	{"another content type", ofObject, otherKind},
}

func withBody(d *draft) bool   { return d.hasBody }
func ofObject(d *draft) bool   { return d.hasBody && d.raw == nil }
func hasFields(d *draft) bool  { return ofObject(d) && len(d.fields) > 0 }
func hasText(d *draft) bool    { return ofObject(d) && len(textFields(d)) > 0 }
func hasBounded(d *draft) bool { return ofObject(d) && len(boundedFields(d)) > 0 }
func hasNumber(d *draft) bool  { return ofObject(d) && len(numberFields(d)) > 0 }

func hasRequired(d *draft) bool {
	return ofObject(d) && slices.ContainsFunc(d.fields, func(f pair) bool { return slices.Contains(d.op.bodySchema().Required, f.name) })
}

// fieldsWhere are the positions of the fields whose schema fulfils a condition.
func fieldsWhere(d *draft, is func(schema *openapi3.Schema) bool) (at []int) {
	for i, field := range d.fields {
		if property := d.op.bodySchema().Properties[field.name]; property != nil && is(property.Value) {
			at = append(at, i)
		}
	}
	return at
}

func textFields(d *draft) []int {
	return fieldsWhere(d, func(schema *openapi3.Schema) bool { return schema.Type.Is(openapi3.TypeString) })
}

func numberFields(d *draft) []int {
	return fieldsWhere(d, func(schema *openapi3.Schema) bool { return schema.Type.Is(openapi3.TypeInteger) })
}

func boundedFields(d *draft) []int {
	return fieldsWhere(d, func(schema *openapi3.Schema) bool { return len(outOfBounds(schema)) > 0 })
}

func pick(t *rapid.T, at []int) int { return rapid.SampledFrom(at).Draw(t, "field") }

func anyField(t *rapid.T, d *draft) int { return rapid.IntRange(0, len(d.fields)-1).Draw(t, "field") }

func breakType(_ *Generator, t *rapid.T, d *draft) {
	i := anyField(t, d)
	property := d.op.bodySchema().Properties[d.fields[i].name]
	others := []string{"true", "[]", "[[]]", "{}", `{"a":{"a":[1]}}`, `[null]`, `[{}]`, strings.Repeat("[", 500) + strings.Repeat("]", 500)}
	if property == nil || !property.Value.Type.Is(openapi3.TypeString) {
		others = append(others, `""`, `"5"`, `"A1"`)
	}
	if property == nil || !property.Value.Type.Is(openapi3.TypeInteger) {
		others = append(others, "0", "-7", "1.5")
	}
	if property != nil && property.Value.Type.Is(openapi3.TypeArray) {
		others = slices.DeleteFunc(others, func(other string) bool { return other == "[]" })
	}
	if property != nil && property.Value.Type.Is(openapi3.TypeObject) {
		others = slices.DeleteFunc(others, func(other string) bool { return other == "{}" })
	}
	d.fields[i].value = rapid.SampledFrom(others).Draw(t, "other value")
	d.breaksRule("wrong type", d.fields[i].name, http.StatusBadRequest)
}

func dropRequired(_ *Generator, t *rapid.T, d *draft) {
	required := fieldsWhere(d, func(*openapi3.Schema) bool { return true })
	required = slices.DeleteFunc(required, func(i int) bool { return !slices.Contains(d.op.bodySchema().Required, d.fields[i].name) })
	name := d.fields[pick(t, required)].name
	d.fields = slices.DeleteFunc(d.fields, func(f pair) bool { return f.name == name })
	d.breaksRule("missing", name, http.StatusBadRequest)
}

func nullField(_ *Generator, t *rapid.T, d *draft) {
	i := anyField(t, d)
	d.fields[i].value = "null"
	d.breaksRule("null", d.fields[i].name, http.StatusBadRequest)
}

// outOfBounds are values that a schema rules out, though they are of its type.
func outOfBounds(schema *openapi3.Schema) (values []any) {
	switch {
	case len(schema.Enum) > 0:
		values = append(values, "", "SOMETHING", strings.ToLower(fmt.Sprint(schema.Enum[0])), fmt.Sprint(schema.Enum[0])+" ")
	case schema.Type.Is(openapi3.TypeString):
		if schema.MinLength > 0 {
			values = append(values, "")
		}
		if schema.MaxLength != nil {
			values = append(values, strings.Repeat("x", limit(schema)+1), strings.Repeat("é", limit(schema)+1))
		}
		if schema.Pattern != "" {
			values = append(values, "", " ", "é", "!", "a b", "\u0000", "A1\n", strings.Repeat("A", 1000))
		}
		values = slices.DeleteFunc(values, func(value any) bool { return schema.VisitJSON(value) == nil })
		if schema.Format == "email" {
			values = append(values, "", "a", "a@", "@b", "a b@c.test", "a@b@c", "a@b.test\r\nBcc: c@d.test", "Asha <asha@example.com>", strings.Repeat("a", 300)+"@b.test")
		}
	case schema.Type.Is(openapi3.TypeInteger):
		if schema.Min != nil {
			values = append(values, int64(*schema.Min)-1, int64(-1<<63))
		}
		if schema.Max != nil {
			values = append(values, int64(*schema.Max)+1, int64(1<<63-1))
		}
	case schema.Type.Is(openapi3.TypeArray):
		if schema.MinItems > 0 {
			values = append(values, []any{})
		}
		if schema.MaxItems != nil {
			var many []any
			for n := range *schema.MaxItems + 1 {
				many = append(many, fmt.Sprintf("A%d", n+1))
			}
			values = append(values, many)
		}
		if schema.UniqueItems {
			values = append(values, []any{"A1", "B1", "A1"})
		}
		for _, item := range outOfBounds(schema.Items.Value) {
			values = append(values, []any{item})
		}
	}
	return values
}

func breakBounds(_ *Generator, t *rapid.T, d *draft) {
	i := pick(t, boundedFields(d))
	name := d.fields[i].name
	d.fields[i].value = encode(rapid.SampledFrom(outOfBounds(d.op.bodySchema().Properties[name].Value)).Draw(t, "value out of bounds"))
	d.breaksRule("out of bounds", name, http.StatusBadRequest)
}

func addField(_ *Generator, t *rapid.T, d *draft) {
	name := rapid.OneOf(rapid.SampledFrom([]string{"price", "status", "", "__proto__", "id", "é", "$ref", "customerId"}), rapid.StringN(1, 60, 64)).
		Filter(func(name string) bool { return d.op.bodySchema().Properties[name] == nil }).Draw(t, "unknown field")
	value := rapid.SampledFrom([]string{"1", "null", `"x"`, "{}", "[]"}).Draw(t, "value of the unknown field")
	d.fields = slices.Insert(d.fields, rapid.IntRange(0, len(d.fields)).Draw(t, "place"), pair{name, value})
	d.breaksRule("unknown field", "", http.StatusBadRequest)
}

func repeatField(_ *Generator, t *rapid.T, d *draft) {
	field := d.fields[anyField(t, d)]
	d.fields = append(d.fields, field)
	d.breaksRule("field twice", field.name, http.StatusBadRequest)
}

func changeCase(_ *Generator, t *rapid.T, d *draft) {
	i := anyField(t, d)
	d.fields[i].name = rapid.SampledFrom([]string{strings.ToUpper(d.fields[i].name), strings.Title(d.fields[i].name)}).Draw(t, "letters") //nolint:staticcheck // one ASCII word
	d.breaksRule("other letters", "", http.StatusBadRequest)
}

func hugeNumber(_ *Generator, t *rapid.T, d *draft) {
	i := pick(t, numberFields(d))
	d.fields[i].value = rapid.SampledFrom([]string{
		"9223372036854775808", "-9223372036854775809", "1e400", "0.5", "-1e-400", strings.Repeat("9", 5000), "1" + strings.Repeat("0", 40),
	}).Draw(t, "number")
	d.breaksRule("huge number", d.fields[i].name, http.StatusBadRequest)
}

func invalidText(_ *Generator, t *rapid.T, d *draft) {
	i := pick(t, textFields(d))
	text := strings.TrimSuffix(d.fields[i].value, `"`)
	d.fields[i].value = text + rapid.SampledFrom([]string{"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82"}).Draw(t, "bytes") + `"`
	d.breaksRule("invalid UTF-8", "", http.StatusBadRequest)
}

func rawControl(_ *Generator, t *rapid.T, d *draft) {
	i := pick(t, textFields(d))
	text := strings.TrimSuffix(d.fields[i].value, `"`)
	d.fields[i].value = text + rapid.SampledFrom([]string{"\x00", "\n", "\x1f", "\t"}).Draw(t, "character") + `"`
	d.breaksRule("raw control character", "", http.StatusBadRequest)
}

func noObject(_ *Generator, t *rapid.T, d *draft) {
	good := d.body()
	raw := rapid.SampledFrom([]string{
		"", " ", "null", "[]", "[" + good + "]", `"text"`, "5", "true", good[:len(good)-1], good + good, good + "x", good + ",", "\ufeff" + good, "{,}", "{'a':1}", "{a:1}",
		strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), "\x00", "\x1f\x8b\x08\x00\x00\x00\x00\x00",
	}).Draw(t, "body")
	d.raw = &raw
	if raw == "" && !d.op.RequestBody.Value.Required {
		d.hasBody = false // there is none, then
		return
	}
	d.breaksRule("no object", "", http.StatusBadRequest)
}

func longBody(_ *Generator, t *rapid.T, d *draft) {
	size := 64 << 10
	if d.op.forProvider() {
		size = 1 << 20
	}
	padding := strings.Repeat(" ", size)
	raw := padding + d.body()
	if rapid.Bool().Draw(t, "at the end") {
		raw = d.body() + padding
	}
	d.raw = &raw
	d.breaksRule("long body", "", http.StatusRequestEntityTooLarge)
}

func otherKind(_ *Generator, t *rapid.T, d *draft) {
	d.kind = rapid.SampledFrom([]string{
		"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json", "application/json;;", "*/*", "application/json, text/plain",
	}).Draw(t, "content type")
	d.breaksRule("content type", "Content-Type", http.StatusUnsupportedMediaType)
}
