package api_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

// exercised collects the operations that the tests of this process have called with success.
var exercised sync.Map

// TestMain sees to it that a whole run calls every operation of the contract.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && wholeRun() {
		if missing := unexercised(); len(missing) > 0 {
			fmt.Fprintln(os.Stderr, "operations of the contract that no test has called with success:", missing)
			code = 1
		}
	}
	os.Exit(code)
}

func wholeRun() bool {
	for _, name := range []string{"-test.run", "-test.list", "-test.bench", "-test.skip"} {
		for _, argument := range os.Args[1:] {
			if len(argument) >= len(name) && argument[:len(name)] == name && argument != "-test.run=" {
				return false
			}
		}
	}
	return true
}

func unexercised() []string {
	loaded, err := contract()
	if err != nil {
		return []string{err.Error()}
	}
	missing := []string{}
	for _, item := range loaded.doc.Paths.Map() {
		for _, operation := range item.Operations() {
			if _, ok := exercised.Load(operation.OperationID); !ok {
				missing = append(missing, operation.OperationID)
			}
		}
	}
	sort.Strings(missing)
	return missing
}

type loadedContract struct {
	doc    *openapi3.T
	router routers.Router
}

// contract reads the contract once.
var contract = sync.OnceValues(func() (loadedContract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return loadedContract{}, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return loadedContract{}, err
	}
	router, err := legacy.NewRouter(doc)
	return loadedContract{doc: doc, router: router}, err
})

// requireConforms checks an answer against the contract: its status, headers and body. Addresses outside of the contract have
// nothing to conform to.
func requireConforms(tb testing.TB, request *http.Request, status int, header http.Header, body []byte) {
	tb.Helper()
	loaded, err := contract()
	require.NoError(tb, err)
	route, params, err := loaded.router.FindRoute(request)
	if err != nil {
		require.Contains(tb, []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently}, status)
		return
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	require.NoError(tb, err, "%s %s answers %d: %s", request.Method, request.URL.Path, status, body)
	if status < http.StatusBadRequest {
		exercised.Store(route.Operation.OperationID, true)
	}
}

func TestContractIsValid(t *testing.T) {
	t.Parallel()
	_, err := contract()
	require.NoError(t, err)
}

func TestContractExamplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	loaded, err := contract()
	require.NoError(t, err)
	require.NoError(t, loaded.doc.Validate(t.Context(), openapi3.EnableExamplesValidation()))
}
