package customer

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// Wallet reads the customer's balances.
func (c *Customer) Wallet(ctx context.Context) (openapi.Wallet, error) {
	return get[openapi.Wallet](ctx, c, "/wallet")
}

// TopUp begins to put money into the wallet. The key makes a repeat harmless.
func (c *Customer) TopUp(ctx context.Context, key string, money booking.Money) (openapi.TopUp, error) {
	return post[openapi.TopUp](ctx, c, "/wallet/top-ups", key, map[string]any{"amount": money.Amount, "currency": money.Currency})
}

// ReadTopUp reads a top-up.
func (c *Customer) ReadTopUp(ctx context.Context, id string) (openapi.TopUp, error) {
	return get[openapi.TopUp](ctx, c, "/wallet/top-ups/"+url.PathEscape(id))
}

// EnterCardForTopUp pays a top-up as EnterCard pays a payment.
func (c *Customer) EnterCardForTopUp(ctx context.Context, topUp openapi.TopUp, method string) (string, error) {
	return c.enterCard(ctx, topUp.TopUpId, topUp.ProviderPayload, method)
}

// AwaitTopUp reads a top-up until it is in the wanted state, or ctx ends.
func (c *Customer) AwaitTopUp(ctx context.Context, id string, want booking.TopUpStatus) (openapi.TopUp, error) {
	return await(ctx, func() (openapi.TopUp, error) { return c.ReadTopUp(ctx, id) },
		func(t openapi.TopUp) bool { return t.Status == want },
		func(t openapi.TopUp) string { return fmt.Sprintf("%s to be %s, it is %q", id, want, t.Status) })
}

// Transactions reads the newest page of what came into the customer's wallets and what went. The query may filter it.
func (c *Customer) Transactions(ctx context.Context, query url.Values) ([]openapi.WalletTransaction, error) {
	list, err := get[openapi.WalletTransactionList](ctx, c, "/wallet/transactions?"+query.Encode())
	return list.Transactions, err
}

// Statement reads the lines of a wallet's statement since a day (2006-01-02), the header first.
func (c *Customer) Statement(ctx context.Context, currency, from string) ([][]string, error) {
	query := url.Values{"currency": {currency}, "from": {from}}
	content, err := c.send(ctx, http.MethodGet, "/wallet/statement?"+query.Encode(), "", nil)
	if err != nil {
		return nil, err
	}
	return csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\ufeff"))).ReadAll()
}
