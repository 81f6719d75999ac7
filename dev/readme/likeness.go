package readme

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

var (
	// word is one of the API's own words: a state, a code, a currency.
	word = regexp.MustCompile(`^[A-Z][A-Z_]+$`)
	// category is a seat's, which depends on the theatre.
	category = regexp.MustCompile(`^(STANDARD|PREMIUM|RECLINER)$`)
	// id is an id or a code, after what it is of.
	id = regexp.MustCompile(`^(bk_|pay_|tk_|sh_|cs_|us_|nt_|rf_|BOX1\.)`)
)

// documents are the JSON documents in a text that has other things in it too.
func documents(text string) (all []any) {
	for {
		start := strings.Index(text, "{")
		if start < 0 {
			return all
		}
		text = text[start:]
		decoder := json.NewDecoder(strings.NewReader(text))
		var document any
		if err := decoder.Decode(&document); err != nil {
			text = text[1:]
			continue
		}
		all = append(all, document)
		text = text[decoder.InputOffset():]
	}
}

// exampleDocuments are those of a block that has nothing else in it.
func exampleDocuments(b block) (all []any, err error) {
	decoder := json.NewDecoder(strings.NewReader(b.text))
	for {
		var document any
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("the example in %s: %w", b, err)
		}
		all = append(all, document)
	}
}

// unlike says what an example shows that the answer does not have; "" if nothing. The answer may have more, because examples are shortened. States
// and codes must be equal, numbers must both be zero or both not, and of everything else only the type counts.
func unlike(example, answer any, path string) string {
	switch example := example.(type) {
	case map[string]any:
		there, ok := answer.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v", path, answer)
		}
		for name, value := range example {
			inner, ok := there[name]
			if !ok {
				return path + "." + name + " is missing"
			}
			if said := unlike(value, inner, path+"."+name); said != "" {
				return said
			}
		}
	case []any:
		there, ok := answer.([]any)
		if !ok || len(there) < len(example) {
			return fmt.Sprintf("%s is %v", path, answer)
		}
		for i, item := range example {
			// The first that is left; others may stand between.
			said := fmt.Sprintf("%s[%d] is missing", path, i)
			for said != "" && len(there) > 0 {
				said = unlike(item, there[0], fmt.Sprintf("%s[%d]", path, i))
				there = there[1:]
			}
			if said != "" {
				return said
			}
		}
	case string:
		there, ok := answer.(string)
		if !ok || kindOf(example) != kindOf(there) {
			return fmt.Sprintf("%s is %v", path, answer)
		}
	case float64:
		there, ok := answer.(float64)
		if !ok || (example == 0) != (there == 0) {
			return fmt.Sprintf("%s is %v", path, answer)
		}
	default:
		if example != answer {
			return fmt.Sprintf("%s is %v", path, answer)
		}
	}
	return ""
}

// kindOf is what a text has in common with others that may stand in its place.
func kindOf(text string) string {
	if category.MatchString(text) {
		return "a seat's category"
	}
	if word.MatchString(text) {
		return text
	}
	if prefix := id.FindString(text); prefix != "" {
		return prefix
	}
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return "an instant"
	}
	return "a text"
}
