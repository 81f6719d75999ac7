package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/dev/private"
)

// giftOf is what a customer's wallet holds at first: mostly enough, for every fifth soon too little.
func giftOf(number int) int64 {
	if number%5 == 4 {
		return 1_500_00
	}
	return 150_000_00
}

// invite makes the customers and the operator.
func (c *chaos) invite(ctx context.Context) (err error) {
	c.system.Visitor = c.system.Visitor.WithTransport(c.watcher)
	invite := func(name string, role openapi.Role, gift int64) (*actor, error) {
		guests, err := c.system.Invite(ctx, private.Guests{Name: name, Role: role, Money: gift})
		if err != nil {
			return nil, err
		}
		return &actor{Customer: guests[0].Customer, run: c, id: guests[0].ID, name: name}, nil
	}
	for number := range c.plan.Customers {
		a, err := invite(fmt.Sprintf("customer-%d", number), openapi.CUSTOMER, giftOf(number))
		if err != nil {
			return err
		}
		c.customers = append(c.customers, a)
	}
	c.operator, err = invite("operator", openapi.ADMIN, 1)
	return err
}

// live has all customers do one thing after another until told to stop; what has begun is finished.
func (c *chaos) live(ctx context.Context, stop <-chan struct{}) *sync.WaitGroup {
	rules := map[string]storyRule{}
	for _, kind := range storyKinds {
		rules[kind.Name] = kind.Play
	}
	var living sync.WaitGroup
	for number, a := range c.customers {
		living.Go(func() {
			for n := 0; ; n++ {
				s := c.plan.story(number, n)
				select {
				case <-stop:
					return
				case <-ctx.Done():
					return
				case <-time.After(time.Duration(s.Pause)):
				}
				t := &telling{actor: a, story: s, key: fmt.Sprintf("%s-%d", a.name, n)}
				c.record.told(s.Kind, rules[string(s.Kind)].tell(t, ctx))
			}
		})
	}
	return &living
}
