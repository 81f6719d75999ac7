package stripesim

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxMetadata      = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// checkParams refuses parameters that the simulator does not know, as Stripe
// does. A name that ends in "[" stands for everything below it.
func checkParams(form url.Values, known []string) *apiError {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		ok := slices.ContainsFunc(known, func(k string) bool {
			return name == k || (strings.HasSuffix(k, "[") && strings.HasPrefix(name, k))
		})
		if !ok {
			return invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
	}
	return nil
}

// metadataOf reads metadata[key]=value pairs.
func metadataOf(form url.Values) (map[string]string, *apiError) {
	m := map[string]string{}
	for name := range form {
		key, ok := strings.CutPrefix(name, "metadata[")
		if !ok {
			continue
		}
		key = strings.TrimSuffix(key, "]")
		value := form.Get(name)
		switch {
		case len(key) > maxMetadataKey:
			return nil, invalid("", name, "Metadata keys can have up to %d characters.", maxMetadataKey)
		case len(value) > maxMetadataValue:
			return nil, invalid("", name, "Metadata values can have up to %d characters.", maxMetadataValue)
		case value != "":
			m[key] = value
		}
	}
	if len(m) > maxMetadata {
		return nil, invalid("", "metadata", "Metadata can have up to %d keys.", maxMetadata)
	}
	return m, nil
}

// integer reads a whole number; required says what to do without one.
func integer(form url.Values, name string, required bool) (int64, *apiError) {
	raw := form.Get(name)
	if raw == "" {
		if required {
			return 0, invalid("parameter_missing", name, "Missing required param: %s.", name)
		}
		return 0, nil
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return 0, invalid("parameter_invalid_integer", name, "Invalid integer: %s", raw)
	}
	return n, nil
}

func boolean(form url.Values, name string) (bool, *apiError) {
	switch raw := form.Get(name); raw {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, invalid("", name, "Invalid boolean: %s", raw)
	}
}

// oneOf reads one of a few words, or nothing.
func oneOf(form url.Values, name string, words ...string) (string, *apiError) {
	raw := form.Get(name)
	if raw == "" || slices.Contains(words, raw) {
		return raw, nil
	}
	return "", invalid("", name, "Invalid %s: must be one of %s", name, strings.Join(words, ", "))
}
