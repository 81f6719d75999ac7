package api

import (
	"maps"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/limits"
	"github.com/boxoffice/boxoffice/booking"
)

func TestAnOperationThatIsInNoTableIsClosed(t *testing.T) {
	t.Parallel()
	s := &Server{perUser: limits.NewRate(1, 1)}
	way := s.way("not listed")
	err := way[len(way)-1](func(echo.Context) error { return nil })(nil)
	var refusal *booking.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, booking.CodeForbidden, refusal.Code)
}

func TestTheContractAndTheTableOfAccessAgree(t *testing.T) {
	t.Parallel()
	operations, err := operationsOf(contract)
	require.NoError(t, err)
	require.NoError(t, checkAccess(operations))
	for id := range access {
		require.Contains(t, operations, id, "the contract has no such operation")
	}
	for id, operation := range operations {
		require.Contains(t, access, id, "nobody may call it")
		changed, security := maps.Clone(operations), &openapi3.SecurityRequirements{}
		if isOpen(operation) {
			security = nil
		}
		changed[id] = &openapi3.Operation{Security: security}
		if !signedByProvider[id] {
			require.ErrorContains(t, checkAccess(changed), id)
		}
	}
}
