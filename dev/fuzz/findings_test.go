package main

import (
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/apifuzz"
)

// requestTo is a request to an operation that breaks so many rules.
func requestTo(operationID string, breaks int) apifuzz.Request {
	return apifuzz.Request{
		Operation: apifuzz.Operation{Operation: &openapi3.Operation{OperationID: operationID}}, Breaks: make([]apifuzz.Break, breaks),
	}
}

var unavailable = apifuzz.Answer{Status: http.StatusServiceUnavailable}

func TestAFew503AreForgivenThatHaveNoOtherFault(t *testing.T) {
	t.Parallel()
	f := newFindings()
	for range 199 {
		f.add(requestTo("getWallet", 0), apifuzz.Answer{Status: http.StatusOK}, nil, nil)
	}
	f.add(requestTo("getWallet", 0), unavailable, []string{"it is answered 503"}, nil)
	require.NoError(t, f.err())
	f.add(requestTo("getWallet", 0), unavailable, []string{"it is answered 503", "it does not say when to try again"}, nil)
	require.EqualError(t, f.err(), "1 of 201 answers are wrong")
	require.Len(t, f.complaints, 2)
}

func TestMany503AreNotForgiven(t *testing.T) {
	t.Parallel()
	f := newFindings()
	f.add(requestTo("getWallet", 0), apifuzz.Answer{Status: http.StatusOK}, nil, nil)
	f.add(requestTo("getWallet", 0), unavailable, []string{"it is answered 503"}, nil)
	require.EqualError(t, f.err(), "1 of 2 answers are 503")
}

func TestAnOperationMustBeAvailableToSomebody(t *testing.T) {
	t.Parallel()
	f := newFindings()
	for range 1000 {
		f.add(requestTo("getWallet", 0), apifuzz.Answer{Status: http.StatusOK}, nil, nil)
	}
	for range severalRequests {
		require.NoError(t, f.err())
		f.add(requestTo("listStuck", 1), apifuzz.Answer{Status: http.StatusBadRequest}, nil, nil)
		f.add(requestTo("listStuck", 0), unavailable, []string{"it is answered 503"}, nil)
	}
	require.EqualError(t, f.err(), "listStuck is never available: all 3 valid requests are answered 503")
	f.add(requestTo("listStuck", 0), apifuzz.Answer{Status: http.StatusNotFound}, nil, nil)
	require.NoError(t, f.err())
}

func TestALongRunNeedsTheEverydayToWork(t *testing.T) {
	t.Parallel()
	f := newFindings()
	f.worked(everyday[1:]...)
	f.sent = longRun - 1
	require.NoError(t, f.err())
	f.sent = longRun
	require.EqualError(t, f.err(), everyday[0]+" has never succeeded")
	f.narrowed = true
	require.NoError(t, f.err(), "who asks for some operations alone does not ask for these")
	f.narrowed = false
	f.worked(everyday[0])
	require.NoError(t, f.err())
}
