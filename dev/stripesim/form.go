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

// maxAmount is Stripe's limit of eight digits, in minor units.
const maxAmount = 99_999_999

// minimums are the smallest charges that Stripe publishes, in minor units. A
// currency that it does not list has none beyond one unit.
var minimums = map[string]int64{
	"usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50,
	"czk": 1500, "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50,
	"jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200,
	"sek": 300, "sgd": 50, "thb": 1000,
}

func checkAmount(amount int64, currency string) *apiError {
	least := max(minimums[currency], 1)
	switch {
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount < least:
		return invalid("amount_too_small", "amount", "Amount must be at least %d in the smallest unit of %s", least, currency)
	case amount > maxAmount:
		return invalid("amount_too_large", "amount", "Amount must be no more than %d in the smallest unit of %s", maxAmount, currency)
	}
	return nil
}

func currencyOf(raw string) (string, *apiError) {
	if raw == "" {
		return "", invalid("parameter_missing", "currency", "Missing required param: currency.")
	}
	c := strings.ToLower(raw)
	letters := strings.Trim(c, "abcdefghijklmnopqrstuvwxyz") == ""
	if len(c) != 3 || !letters {
		return "", invalid("", "currency", "Invalid currency: %s.", raw)
	}
	return c, nil
}
