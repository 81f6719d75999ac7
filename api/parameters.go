package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
)

// checkParameters refuses what the contract rules out of the query: a word that is not in its list, a number out of its bounds. What else a
// parameter must be, its handler knows.
func checkParameters(operation *openapi3.Operation) echo.MiddlewareFunc {
	schemas := map[string]*openapi3.Schema{}
	for _, described := range operation.Parameters {
		schema := described.Value.Schema.Value
		if described.Value.In == openapi3.ParameterInQuery && (schema.Enum != nil || schema.Min != nil && schema.Max != nil) {
			schemas[described.Value.Name] = schema
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for name, schema := range schemas {
				// None is left to the default, and several to the generated code, which refuses them.
				if values := c.QueryParams()[name]; len(values) == 1 && !allows(schema, values[0]) {
					return answer.Malformed(name, name+" must be "+allowed(schema)+".")
				}
			}
			return next(c)
		}
	}
}

// allows says whether a schema of a text or a number allows a value. What is no number is left to the generated code, which refuses it.
func allows(schema *openapi3.Schema, value string) bool {
	if schema.Type.Is(openapi3.TypeString) {
		return schema.VisitJSON(value) == nil
	}
	number, err := strconv.ParseInt(value, 10, 64)
	return err != nil || schema.VisitJSON(float64(number)) == nil
}

// allowed says in words what a schema allows: "1 to 100", "SHOW, THEATRE or MOVIE".
func allowed(schema *openapi3.Schema) string {
	if schema.Enum == nil {
		return fmt.Sprintf("%g to %g", *schema.Min, *schema.Max)
	}
	words := make([]string, len(schema.Enum))
	for i, word := range schema.Enum {
		words[i] = fmt.Sprint(word)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
