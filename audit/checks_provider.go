package audit

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/db"
)

// GroupProvider is the group of the checks that need the provider's list.
const GroupProvider = "provider"

// listMargin is how much younger than the beginning of the provider's list our own rows have to be
// before the list must contain them: our clock and the provider's may differ.
const listMargin = time.Hour

func providerChecks() []check {
	return []check{
		{
			name: "provider.money", description: "all money at the provider has bought something, is in a wallet, or goes back",
			looksAt: []string{intents, payments, topUps, refunds}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderMoneyRow, error) {
				return q.AuditProviderMoney(ctx, db.AuditProviderMoneyParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "provider.collected", description: "every payment that counts as collected by card is collected at the provider",
			looksAt: []string{payments, intents}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderCollectedRow, error) {
				return q.AuditProviderCollected(ctx, db.AuditProviderCollectedParams{
					Look: s.id, Since: s.since().Add(listMargin), GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows(),
				})
			}),
		},
		{
			name: "provider.amounts", description: "every payment collected at the provider what it says",
			looksAt: []string{payments, intents}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderAmountsRow, error) {
				return q.AuditProviderAmounts(ctx, db.AuditProviderAmountsParams{Look: s.id, MaxRows: s.rows()})
			}),
		},
		{
			name: "provider.top-ups", description: "every top-up that counts as paid is collected at the provider, as much as it says",
			looksAt: []string{topUps, intents}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderTopUpsRow, error) {
				return q.AuditProviderTopUps(ctx, db.AuditProviderTopUpsParams{
					Look: s.id, Since: s.since().Add(listMargin), GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows(),
				})
			}),
		},
		{
			name: "provider.refunds", description: "every refund at the provider is one of ours, or is booked as made outside",
			looksAt: []string{providerRefunds, refunds, outside}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderRefundsRow, error) {
				return q.AuditProviderRefunds(ctx, db.AuditProviderRefundsParams{Look: s.id, GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows()})
			}),
		},
		{
			name: "provider.refunded", description: "every refund that counts as paid back to the card is paid back at the provider",
			looksAt: []string{refunds, providerRefunds}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderRefundedRow, error) {
				return q.AuditProviderRefunded(ctx, db.AuditProviderRefundedParams{
					Look: s.id, Since: s.since().Add(listMargin), GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows(),
				})
			}),
		},
		{
			name: "provider.outside", description: "every refund made outside that is booked is at the provider",
			looksAt: []string{outside, providerRefunds}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderOutsideRow, error) {
				return q.AuditProviderOutside(ctx, db.AuditProviderOutsideParams{
					Look: s.id, Since: s.since().Add(listMargin), GraceSeconds: s.Grace.Seconds(), MaxRows: s.rows(),
				})
			}),
		},
		{
			name: "provider.once", description: "no refund of ours is at the provider twice",
			looksAt: []string{providerRefunds}, run: asking(func(ctx context.Context, q *db.Queries, s *snapshot) ([]db.AuditProviderRefundedOnceRow, error) {
				return q.AuditProviderRefundedOnce(ctx, db.AuditProviderRefundedOnceParams{Look: s.id, MaxRows: s.rows()})
			}),
		},
	}
}
