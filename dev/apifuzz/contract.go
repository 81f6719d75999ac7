// Package apifuzz makes requests out of the API's contract, valid ones and ones that break it, and judges the answers. The tests of the API
// use it in one process, dev/fuzz uses it against a whole system.
package apifuzz

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Contract is an OpenAPI document.
type Contract struct {
	operations []Operation
	router     routers.Router
}

// Operation is one of the contract's.
type Operation struct {
	*openapi3.Operation

	// Method and Path are where it is; Path has its parameters in braces.
	Method, Path string
}

// Load reads a contract. It fails for a schema from which the generator cannot draw, because requests with it would never be tried.
func Load(ctx context.Context, file string) (*Contract, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	if err := doc.Validate(ctx); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	c := &Contract{}
	if c.router, err = legacy.NewRouter(doc); err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	for _, path := range doc.Paths.InMatchingOrder() {
		for method, described := range doc.Paths.Value(path).Operations() {
			op := Operation{Operation: described, Method: method, Path: path}
			if err := op.check(); err != nil {
				return nil, err
			}
			c.operations = append(c.operations, op)
		}
	}
	slices.SortFunc(c.operations, func(a, b Operation) int { return strings.Compare(a.OperationID, b.OperationID) })
	return c, nil
}

// Operations are all of the contract, by their ids.
func (c *Contract) Operations() []Operation { return slices.Clone(c.operations) }

// route finds the operation that a request is for; ok is false for a request outside of the contract.
func (c *Contract) route(request *http.Request) (route *routers.Route, params map[string]string, ok bool) {
	route, params, err := c.router.FindRoute(request)
	return route, params, err == nil
}

// check refuses what the generator does not know.
func (o Operation) check() error {
	schemas := map[string]*openapi3.Schema{}
	for _, parameter := range o.Parameters {
		schemas[parameter.Value.Name] = parameter.Value.Schema.Value
	}
	if body := o.bodySchema(); body != nil {
		for name, property := range body.Properties {
			schemas[name] = property.Value
		}
	}
	for name, schema := range schemas {
		if len(schema.OneOf)+len(schema.AnyOf)+len(schema.AllOf) > 0 || schema.Not != nil || schema.MultipleOf != nil {
			return fmt.Errorf("%s of %s has a schema that cannot be drawn from", name, o.OperationID)
		}
	}
	return nil
}

// bodySchema is what the body has to be; nil for no body.
func (o Operation) bodySchema() *openapi3.Schema {
	if o.RequestBody == nil {
		return nil
	}
	return o.RequestBody.Value.Content.Get("application/json").Schema.Value
}

// forProvider says that the payment provider calls it, not a user.
func (o Operation) forProvider() bool {
	return o.Security != nil && slices.ContainsFunc(*o.Security, func(need openapi3.SecurityRequirement) bool { return need["stripeSignature"] != nil })
}

// open says that it needs no token.
func (o Operation) open() bool { return o.Security != nil }

// roles are those who may call it, as far as the contract alone can tell.
func (o Operation) roles() []Role {
	switch forbidden := o.Responses.Value("403"); {
	case o.forProvider():
		return []Role{Nobody}
	case o.open():
		return []Role{Nobody, Customer, Staff, Partner, Administrator}
	case slices.Contains(o.Tags, "check-in"):
		return []Role{Staff, Administrator}
	case forbidden != nil && strings.HasSuffix(forbidden.Ref, "/AdminsOnly"):
		return []Role{Administrator}
	case forbidden != nil && strings.HasSuffix(forbidden.Ref, "/NotYours"):
		return []Role{Administrator, Partner}
	default:
		return []Role{Customer, Staff, Partner, Administrator}
	}
}
