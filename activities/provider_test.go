package activities_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// fakeProvider keeps intents and refunds in memory, by the keys of their requests; those of the same time are listed
// in the order of their ids. failNext makes the next call fail after it has taken effect, as a time-out does.
type fakeProvider struct {
	mu       sync.Mutex
	intents  map[string]*provider.Intent
	byKey    map[string]string
	refunds  map[string]provider.Refund
	failNext error
	// failRefund is failNext for the next refund.
	failRefund error
	// refuseRefund refuses every refund that has not been made; refundFate is the status of a refund that is made.
	refuseRefund error
	refundFate   provider.RefundStatus

	refundReasons []string
}

func newFakeProvider() *fakeProvider {
	return &fakeProvider{intents: map[string]*provider.Intent{}, byKey: map[string]string{}, refunds: map[string]provider.Refund{}}
}

func (p *fakeProvider) CreateIntent(_ context.Context, req provider.IntentRequest) (provider.Intent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, known := p.byKey[req.IdempotencyKey]
	if !known {
		id = fmt.Sprintf("pi_%d", len(p.intents)+1)
		p.byKey[req.IdempotencyKey] = id
		p.intents[id] = &provider.Intent{
			ID: id, ClientSecret: id + "_secret", Status: provider.IntentRequiresPayment, Amount: req.Amount,
			Received: booking.Money{Currency: req.Amount.Currency}, BookingID: req.BookingID, PaymentID: req.PaymentID,
			TopUpID: req.TopUpID, Created: providerNow(),
		}
	}
	return *p.intents[id], p.failure()
}

func (p *fakeProvider) Intent(_ context.Context, id string) (provider.Intent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.intents[id] == nil {
		return provider.Intent{}, cmp.Or(p.failure(), error(&provider.Error{Kind: provider.KindNotFound}))
	}
	return *p.intents[id], p.failure()
}

func (p *fakeProvider) CancelIntent(_ context.Context, id, _ string) (provider.Intent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	intent := p.intents[id]
	if intent == nil {
		return provider.Intent{}, &provider.Error{Kind: provider.KindNotFound}
	}
	if intent.Status == provider.IntentRequiresPayment {
		intent.Status = provider.IntentCanceled
	}
	return *intent, p.failure()
}

func (p *fakeProvider) Refund(_ context.Context, req provider.RefundRequest) (provider.Refund, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refundReasons = append(p.refundReasons, req.Reason)
	refund, known := p.refunds[req.RefundID]
	if !known {
		if p.refuseRefund != nil {
			return provider.Refund{}, p.refuseRefund
		}
		refund = provider.Refund{
			ID: "re_" + req.RefundID, RefundID: req.RefundID, IntentID: req.IntentID,
			Status: cmp.Or(p.refundFate, provider.RefundSucceeded), Amount: req.Amount, Created: providerNow(),
		}
		p.refunds[req.RefundID] = refund
	}
	if err := p.failRefund; err != nil {
		p.failRefund = nil
		return provider.Refund{}, err
	}
	return refund, p.failure()
}

func (p *fakeProvider) RefundsOf(_ context.Context, intentID string) ([]provider.Refund, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refunds := []provider.Refund{}
	for _, id := range slices.Sorted(maps.Keys(p.refunds)) {
		if refund := p.refunds[id]; refund.IntentID == intentID {
			refunds = append(refunds, refund)
		}
	}
	return refunds, p.failure()
}

func (p *fakeProvider) EachIntent(_ context.Context, since time.Time, page func([]provider.Intent) error) error {
	p.mu.Lock()
	var all []provider.Intent
	for _, intent := range p.intents {
		all = append(all, *intent)
	}
	err := p.failure()
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return eachFake(all, since, page, func(in provider.Intent) (time.Time, string) { return in.Created, in.ID })
}

func (p *fakeProvider) EachRefund(_ context.Context, since time.Time, page func([]provider.Refund) error) error {
	p.mu.Lock()
	all := slices.Collect(maps.Values(p.refunds))
	err := p.failure()
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return eachFake(all, since, page, func(r provider.Refund) (time.Time, string) { return r.Created, r.ID })
}

// eachFake lists what was made since a time as the provider does: newest first, a hundred at a time.
func eachFake[T any](all []T, since time.Time, page func([]T) error, of func(T) (time.Time, string)) error {
	all = slices.DeleteFunc(all, func(v T) bool {
		created, _ := of(v)
		return created.Before(since.Truncate(time.Second))
	})
	slices.SortFunc(all, func(a, b T) int {
		aCreated, aID := of(a)
		bCreated, bID := of(b)
		return cmp.Or(bCreated.Compare(aCreated), strings.Compare(aID, bID))
	})
	for part := range slices.Chunk(all, 100) {
		if err := page(part); err != nil {
			return err
		}
	}
	return nil
}

// providerNow is the time in the provider's precision.
func providerNow() time.Time { return time.Now().UTC().Truncate(time.Second) }

// pay charges an intent, as the customer's browser does.
func (p *fakeProvider) pay(intentID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	intent := p.intents[intentID]
	intent.Status, intent.Received = provider.IntentSucceeded, intent.Amount
}

func (p *fakeProvider) setStatus(intentID string, status provider.IntentStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intents[intentID].Status = status
}

// forget makes an intent unknown to the provider.
func (p *fakeProvider) forget(intentID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.intents, intentID)
}

func (p *fakeProvider) failure() error {
	err := p.failNext
	p.failNext = nil
	return err
}

// turnRefund changes the status of a refund, as a customer's bank does.
func (p *fakeProvider) turnRefund(refundID string, status provider.RefundStatus) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refund := p.refunds[refundID]
	refund.Status = status
	if status == provider.RefundFailed {
		refund.FailureReason = "expired_or_canceled_card"
	}
	p.refunds[refundID] = refund
}

// refundByHand gives money back in the provider's own dashboard, and returns the refund's id.
func (p *fakeProvider) refundByHand(intentID string, amount booking.Money) (id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id = fmt.Sprintf("re_by_hand_%d", len(p.refunds))
	p.refunds[id] = provider.Refund{ID: id, IntentID: intentID, Status: provider.RefundSucceeded, Amount: amount, Created: providerNow()}
	return id
}
