package request

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/booking"
)

// checkFields refuses what encoding/json would read, but the contract rules out: bytes that are no text, a field that comes twice, one whose
// name is written in other letters, and null, which would stand for a field that is not there: of whoever sends "seatIds": null by mistake all
// seats would be cancelled. What is no object it leaves to encoding/json.
func checkFields(body []byte, target any) error {
	if !utf8.Valid(body) {
		return answer.Malformed("", "The body is not UTF-8.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil //nolint:nilerr // see above
	}
	known := fieldNames(reflect.TypeOf(target).Elem())
	var seen []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return answer.Malformed("", notAnObject)
		}
		name, ok := token.(string)
		switch {
		case !ok:
			return answer.Malformed("", notAnObject)
		case !slices.Contains(known, name):
			return unknownField(name)
		case slices.Contains(seen, name):
			return answer.Malformed(name, name+" is there twice.")
		}
		seen = append(seen, name)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return answer.Malformed("", notAnObject)
		}
		if hasNull(value) {
			return answer.Malformed(name, name+" must not be null. Leave out what is not wanted.")
		}
	}
	return nil
}

// hasNull says whether a value is null, or a list with a null in it.
func hasNull(value json.RawMessage) bool {
	var items []json.RawMessage
	isNull := func(text json.RawMessage) bool { return string(text) == "null" }
	return isNull(value) || json.Unmarshal(value, &items) == nil && slices.ContainsFunc(items, isNull)
}

// fieldNames are the names that the fields of a struct have in JSON.
func fieldNames(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func unknownField(name string) error {
	name = booking.Excerpt(name)
	return answer.Malformed(name, "This request has no field \""+name+"\".")
}
