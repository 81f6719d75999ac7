package main

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/dev/crowd"
	"github.com/boxoffice/boxoffice/dev/customer"
)

// tokenLifetime is longer than any bench.
const tokenLifetime = 12 * time.Hour

// newBuyers are so many new people, each with so much money (minor units of INR) in a wallet, and logged in.
func (s *system) newBuyers(ctx context.Context, name string, many int, money int64) ([]*customer.Customer, error) {
	ids, err := crowd.Invite(ctx, s.owner, name, many, money)
	if err != nil {
		return nil, err
	}
	people := make([]*customer.Customer, many)
	for i, id := range ids {
		token, err := crowd.Token(s.Secrets().JWTSecret, id, openapi.CUSTOMER, tokenLifetime)
		if err != nil {
			return nil, err
		}
		people[i] = s.visitor.WithToken(token)
	}
	return people, nil
}
