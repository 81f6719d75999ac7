package activities_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// fakeProvider keeps intents and refunds in memory, by the keys of their requests. failNext makes the next call fail after it
// has taken effect, as a time-out does.
type fakeProvider struct {
	mu       sync.Mutex
	intents  map[string]*provider.Intent
	byKey    map[string]string
	refunds  map[string]provider.Refund
	failNext error

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
		}
	}
	return *p.intents[id], p.failure()
}

func (p *fakeProvider) Intent(_ context.Context, id string) (provider.Intent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return *p.intents[id], p.failure()
}

func (p *fakeProvider) CancelIntent(_ context.Context, id, _ string) (provider.Intent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	intent := p.intents[id]
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
		refund = provider.Refund{ID: "re_" + req.RefundID, Status: provider.RefundSucceeded, Amount: req.Amount}
		p.refunds[req.RefundID] = refund
	}
	return refund, p.failure()
}

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

func (p *fakeProvider) failure() error {
	err := p.failNext
	p.failNext = nil
	return err
}
