package api

import (
	_ "embed"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// contract is the OpenAPI document that the server implements, and serves without what only its generator reads.
//
//go:embed openapi.yaml
var contract []byte

// securityOf reads of a contract which operations say themselves whom they are for, by their ids: true for those that are open to everybody, false
// for those that wait for a token like most, or for something else than a token.
func securityOf(contract []byte) (open map[string]bool, err error) {
	var doc struct {
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal(contract, &doc); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	open = map[string]bool{}
	for path, methods := range doc.Paths {
		for method, described := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct {
				ID       string                 `yaml:"operationId"`
				Security *[]map[string][]string `yaml:"security"`
			}
			if err := described.Decode(&operation); err != nil {
				return nil, fmt.Errorf("read %s %s of the contract: %w", method, path, err)
			}
			open[operation.ID] = operation.Security != nil && len(*operation.Security) == 0
		}
	}
	return open, nil
}
