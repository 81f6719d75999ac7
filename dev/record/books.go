package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// page is as many objects as the provider lists at once, and more than a recording makes.
const page = "?limit=100"

// checkBooks compares what the provider has collected and kept with what was sold: a confirmed booking is paid exactly, any
// other has cost nobody anything, and seats are sold where they are paid.
func (s *studio) checkBooks(ctx context.Context) error {
	kept, err := s.kept(ctx)
	if err != nil {
		return err
	}
	rows, err := s.owner.Query(ctx, `
		SELECT b.id, b.status,
			CASE WHEN b.status IN ('CONFIRMED', 'COMPLETED') THEN b.total ELSE 0 END
			- COALESCE((SELECT sum(p.wallet_amount) FROM payments p WHERE p.booking_id = b.id AND p.status = 'SUCCEEDED'), 0)
			+ COALESCE((SELECT sum(r.amount) FROM refunds r WHERE r.booking_id = b.id AND r.status = 'NEEDS_ATTENTION'), 0),
			(SELECT count(*) FROM claims c WHERE c.booking_id = b.id AND c.state = 'SOLD')
			= CASE WHEN b.status IN ('CONFIRMED', 'COMPLETED') THEN cardinality(b.seat_labels) ELSE 0 END,
			b.status IN ('SEATS_LOCKED', 'PAYMENT_PENDING')
			OR NOT EXISTS (SELECT FROM claims c WHERE c.booking_id = b.id AND c.state = 'HELD')
		FROM bookings b`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var problems []error
	for rows.Next() {
		var (
			id, status             string
			want                   int64
			soldRightly, noneStuck bool
		)
		if err := rows.Scan(&id, &status, &want, &soldRightly, &noneStuck); err != nil {
			return err
		}
		if kept[id] != want {
			problems = append(problems, fmt.Errorf("%s is %s and the provider keeps %d for it, and should keep %d", id, status, kept[id], want))
		}
		if !soldRightly || !noneStuck {
			problems = append(problems, fmt.Errorf("%s is %s, and its seats are not as they should be", id, status))
		}
		delete(kept, id)
	}
	for id, amount := range kept {
		if amount != 0 {
			problems = append(problems, fmt.Errorf("the provider keeps %d for %s, which is no booking", amount, id))
		}
	}
	return errors.Join(append(problems, rows.Err())...)
}

// kept is what the provider has collected and not given back, by booking.
func (s *studio) kept(ctx context.Context) (map[string]int64, error) {
	var intents struct {
		Data []struct {
			ID       string            `json:"id"`
			Received int64             `json:"amount_received"`
			Metadata map[string]string `json:"metadata"`
		} `json:"data"`
		HasMore bool `json:"has_more"`
	}
	var refunds struct {
		Data []struct {
			IntentID string `json:"payment_intent"`
			Amount   int64  `json:"amount"`
			Status   string `json:"status"`
		} `json:"data"`
		HasMore bool `json:"has_more"`
	}
	err := errors.Join(
		s.ask(ctx, http.MethodGet, "/v1/payment_intents"+page, formType, nil, &intents),
		s.ask(ctx, http.MethodGet, "/v1/refunds"+page, formType, nil, &refunds),
	)
	if err == nil && (intents.HasMore || refunds.HasMore) {
		err = errors.New("the provider has more than one page of intents or refunds")
	}
	if err != nil {
		return nil, err
	}
	bookings := map[string]string{}
	kept := map[string]int64{}
	for _, intent := range intents.Data {
		bookings[intent.ID] = intent.Metadata["booking_id"]
		kept[bookings[intent.ID]] += intent.Received
	}
	for _, refund := range refunds.Data {
		if refund.Status == "succeeded" {
			kept[bookings[refund.IntentID]] -= refund.Amount
		}
	}
	return kept, nil
}
