package apifuzz

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"pgregory.net/rapid"
)

// mostItems bounds a list for which the contract has no bound.
const mostItems = 12

// draws of texts that a contract without a pattern allows, and that have surprised somebody before.
var oddTexts = []string{
	"x", " ", "é", "日本語", "👩‍🎤", "\u202egnp.exe", "\u0000", "a\nb", "\r\nX-Injected: 1", "'; DROP TABLE bookings; --", "${jndi:x}", "../../etc/passwd", "=1+1",
	"<script>alert(1)</script>", "%00", "null", "0", "-1", "\ufeff", "\\", `"`, "\ufffd",
}

// value draws a value that fits a schema, for a parameter or field of this name. What is known is preferred, so that requests get far.
func (g *Generator) value(t *rapid.T, name string, schema *openapi3.Schema) any {
	switch {
	case len(schema.Enum) > 0:
		return rapid.SampledFrom(schema.Enum).Draw(t, name)
	case schema.Type.Is(openapi3.TypeBoolean):
		return rapid.Bool().Draw(t, name)
	case schema.Type.Is(openapi3.TypeInteger):
		return g.integer(t, name, schema)
	case schema.Type.Is(openapi3.TypeArray):
		return g.list(t, name, schema)
	case schema.Type.Is(openapi3.TypeObject):
		return g.object(t, name, schema)
	default:
		return g.text(t, name, schema)
	}
}

// object draws an object with what it must have, and some of what it may have.
func (g *Generator) object(t *rapid.T, name string, schema *openapi3.Schema) map[string]any {
	drawn := map[string]any{}
	for _, property := range slices.Sorted(maps.Keys(schema.Properties)) {
		if slices.Contains(schema.Required, property) || rapid.Bool().Draw(t, name+" has "+property) {
			drawn[property] = g.value(t, property, schema.Properties[property].Value)
		}
	}
	return drawn
}

func (g *Generator) integer(t *rapid.T, name string, schema *openapi3.Schema) int64 {
	least, most := int64(math.MinInt64), int64(math.MaxInt64)
	if schema.Min != nil {
		least = int64(*schema.Min)
	}
	if schema.Max != nil {
		most = int64(*schema.Max)
	}
	draws := []*rapid.Generator[int64]{rapid.Int64Range(max(least, 0), min(most, 5000)), rapid.SampledFrom([]int64{least, most}), rapid.Int64Range(least, most)}
	for _, known := range g.world.of(name) {
		if number, err := strconv.ParseInt(known, 10, 64); err == nil {
			draws = append(draws, rapid.Just(number))
		}
	}
	return rapid.OneOf(draws...).Draw(t, name)
}

func (g *Generator) list(t *rapid.T, name string, schema *openapi3.Schema) []any {
	most := mostItems
	if schema.MaxItems != nil {
		most = int(min(*schema.MaxItems, mostItems))
	}
	least := int(min(max(schema.MinItems, 1), mostItems))
	item := rapid.Custom(func(t *rapid.T) any { return g.value(t, name, schema.Items.Value) })
	sizes := rapid.OneOf(rapid.IntRange(least, min(least+2, most)), rapid.IntRange(least, most))
	n := sizes.Draw(t, "size of "+name)
	if schema.UniqueItems {
		return rapid.SliceOfNDistinct(item, least, n, func(v any) any { return v }).Draw(t, name)
	}
	return rapid.SliceOfN(item, n, n).Draw(t, name)
}

// text draws a string that fits the pattern and the format, and what only the description of the parameter says.
func (g *Generator) text(t *rapid.T, name string, schema *openapi3.Schema) string {
	var drawn *rapid.Generator[string]
	switch {
	case schema.Pattern != "":
		drawn = rapid.StringMatching(schema.Pattern)
	case schema.Format == "email":
		drawn = rapid.StringMatching(`[a-z][a-z0-9.+_-]{0,20}[a-z0-9]@[a-z]{1,20}\.(com|test|co\.uk)`).Filter(func(s string) bool { return !strings.Contains(s, "..") })
	case schema.Format == "date":
		drawn = rapid.Map(rapid.IntRange(-2, 30), func(n int) string { return g.today.AddDate(0, 0, n).Format(time.DateOnly) })
	case name == "from":
		drawn = rapid.OneOf(g.moment(-400, -1), g.moment(-3, -1))
	case name == "to":
		drawn = rapid.OneOf(g.moment(0, 10), g.moment(0, 2000))
	default:
		drawn = rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9._:-]{1,64}`), rapid.SampledFrom(oddTexts), rapid.StringN(0, 200, -1),
			rapid.StringOfN(rapid.RuneFrom([]rune("ab é👩\u0301")), 0, limit(schema), -1),
		)
	}
	fits := func(text string) bool {
		n := utf8.RuneCountInString(text)
		return n >= int(min(schema.MinLength, 1000)) && n <= limit(schema) && utf8.ValidString(text)
	}
	known := slices.DeleteFunc(g.world.of(name), func(text string) bool { return !fits(text) || schema.VisitJSON(text) != nil })
	if len(known) > 0 && rapid.IntRange(0, 3).Draw(t, "is "+name+" new") > 0 {
		return rapid.SampledFrom(known).Draw(t, name)
	}
	return drawn.Filter(fits).Draw(t, name)
}

// limit is how long a text may be.
func limit(schema *openapi3.Schema) int {
	const most = 1000
	if schema.MaxLength != nil {
		return int(min(*schema.MaxLength, most))
	}
	return most
}

// moment draws a day, or a time of it, so many days from now.
func (g *Generator) moment(least, most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		at := g.today.AddDate(0, 0, rapid.IntRange(least, most).Draw(t, "days from now"))
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 0:
			return at.Format(time.DateOnly)
		case 1:
			return at.Add(time.Duration(rapid.IntRange(0, 86399).Draw(t, "second")) * time.Second).Format(time.RFC3339)
		default:
			return at.In(time.FixedZone("", 60*60*rapid.IntRange(-12, 14).Draw(t, "offset"))).Format(time.RFC3339)
		}
	})
}

// encode writes a value as JSON. All that is drawn can be.
func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
