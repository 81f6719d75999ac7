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
	return checkObject(body, reflect.TypeOf(target).Elem(), "")
}

// checkObject checks the fields of an object, and those of the objects in it. within is the name of the field that holds it, with a dot, or empty.
func checkObject(text []byte, of reflect.Type, within string) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil //nolint:nilerr // encoding/json says so
	}
	known := fieldTypes(of)
	var seen []string
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return answer.Malformed("", notAnObject)
		}
		name, ok := token.(string)
		if !ok {
			return answer.Malformed("", notAnObject)
		}
		kind, ok := known[name]
		switch {
		case !ok:
			return unknownField(within + name)
		case slices.Contains(seen, name):
			return answer.Malformed(within+name, within+name+" is there twice.")
		}
		seen = append(seen, name)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return answer.Malformed("", notAnObject)
		}
		if hasNull(value) {
			return answer.Malformed(within+name, within+name+" must not be null. Leave out what is not wanted.")
		}
		if kind.Kind() == reflect.Struct {
			if err := checkObject(value, kind, within+name+"."); err != nil {
				return err
			}
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

// fieldTypes are the types of a struct's fields, by the names that these have in JSON. A pointer counts as what it points to.
func fieldTypes(of reflect.Type) map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		kind := field.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		types[name] = kind
	}
	return types
}

func unknownField(name string) error {
	name = booking.Excerpt(name)
	return answer.Malformed(name, "This request has no field \""+name+"\".")
}
