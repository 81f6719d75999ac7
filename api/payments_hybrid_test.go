package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func TestPayByWalletAndCard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	var asked *int64
	b.pays(func(request booking.PayRequest) booking.Payment {
		asked = request.WalletAmount
		return booking.Payment{
			Wallet: booking.Money{Amount: 12000, Currency: "INR"}, Card: booking.Money{Amount: 18000, Currency: "INR"},
			Status: booking.PaymentInitiated, IntentID: "pi_1", ClientSecret: "secret", BookingStatus: booking.StatusPaymentPending,
		}
	})

	var paid openapi.Payment
	b.post(asha, payments, "pay-key-1", pay("WALLET_AND_CARD")).is(http.StatusCreated, &paid)
	require.Nil(t, asked, "as much as there is")
	require.Equal(t, []openapi.Tender{{Tender: booking.TenderWallet, Amount: 12000}, {Tender: booking.TenderCard, Amount: 18000}}, paid.Tenders)

	b.post(asha, payments, "pay-key-2", map[string]any{"method": "WALLET_AND_CARD", "walletAmount": 12000}).is(http.StatusCreated, &paid)
	require.EqualValues(t, 12000, *asked)
}

func TestWalletAmountsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1"})
	for name, test := range map[string]struct {
		method string
		amount any
		status int
	}{
		"negative":               {"WALLET_AND_CARD", -1, http.StatusBadRequest},
		"zero":                   {"WALLET_AND_CARD", 0, http.StatusBadRequest},
		"fractional":             {"WALLET_AND_CARD", 10.5, http.StatusBadRequest},
		"huge":                   {"WALLET_AND_CARD", json.Number("92233720368547758080"), http.StatusBadRequest},
		"a text":                 {"WALLET_AND_CARD", "100", http.StatusBadRequest},
		"with the wallet alone":  {"WALLET", 100, http.StatusBadRequest},
		"without the wallet":     {"CARD", 100, http.StatusBadRequest},
		"with an unknown method": {"CASH", 100, http.StatusBadRequest},
	} {
		t.Log(name)
		b.post(asha, payments, "pay-key-1", map[string]any{"method": test.method, "walletAmount": test.amount}).
			refuses(test.status, booking.CodeValidation)
	}
}
