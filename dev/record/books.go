package main

import (
	"context"
	"fmt"
)

// checkBooks has the product itself prove its books, without grace for anything on its way: every path brings its money to an end. What
// only waits for an operator is no breach.
func (s *studio) checkBooks(ctx context.Context) error {
	report, err := s.Boxoffice(ctx, "audit", "--grace", "0s", "--recheck", "5s")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, report)
	}
	return nil
}
