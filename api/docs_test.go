package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// The served contract says what ours says, without the words of our generator, which name packages that nobody outside can import.
func TestTheContractIsServedWithoutTheWordsOfOurGenerator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.get("", "/openapi.yaml").is(http.StatusOK, nil)
	require.NotContains(t, string(got.body), "x-go-")
	require.NotContains(t, string(got.body), "x-oapi-codegen-")
	require.NotContains(t, string(got.body), "github.com/boxoffice")
	served, err := openapi3.NewLoader().LoadFromData(got.body)
	require.NoError(t, err)
	require.NoError(t, served.Validate(t.Context(), openapi3.EnableExamplesValidation()))
	ours, err := contract()
	require.NoError(t, err)
	require.Equal(t, withoutGeneratorWords(t, ours.doc), withoutGeneratorWords(t, served))
}

func withoutGeneratorWords(t *testing.T, doc *openapi3.T) any {
	t.Helper()
	text, err := doc.MarshalJSON()
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(text, &tree))
	var clean func(any)
	clean = func(node any) {
		switch value := node.(type) {
		case map[string]any:
			for name, child := range value {
				if strings.HasPrefix(name, "x-") {
					delete(value, name)
					continue
				}
				clean(child)
			}
		case []any:
			for _, child := range value {
				clean(child)
			}
		}
	}
	clean(tree)
	return tree
}
