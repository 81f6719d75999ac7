package api

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// contract is the OpenAPI document that the server implements, and serves without what only its generator reads.
//
//go:embed openapi.yaml
var contract []byte

// operationsOf reads the operations of a contract, by their ids.
func operationsOf(contract []byte) (map[string]*openapi3.Operation, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	operations := map[string]*openapi3.Operation{}
	for _, path := range doc.Paths.Map() {
		for _, operation := range path.Operations() {
			if operation.OperationID == "" {
				return nil, errors.New("read the contract: an operation has no id")
			}
			operations[operation.OperationID] = operation
		}
	}
	return operations, nil
}

// isOpen says whether the contract opens an operation to everybody. Those that say nothing wait for a token.
func isOpen(operation *openapi3.Operation) bool {
	return operation.Security != nil && len(*operation.Security) == 0
}
