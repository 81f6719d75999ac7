package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// intent is what the provider knows of an intent.
type intent struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Received int64             `json:"amount_received"`
	Metadata map[string]string `json:"metadata"`
}

// ask sends a request to the provider with the secret key and decodes its answer.
func (sys *system) ask(t *testing.T, method, path string, form url.Values, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, sys.StripeURL()+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+sys.Secrets().StripeSecretKey)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	if into != nil {
		require.NoError(t, json.NewDecoder(res.Body).Decode(into))
	}
	return res.StatusCode
}

// control tells the simulator how to behave.
func (sys *system) control(t *testing.T, path string, body any) {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sys.StripeURL()+"/_sim/"+path, bytes.NewReader(encoded))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func (sys *system) requestFault(t *testing.T, fault stripesim.RequestFault) {
	t.Helper()
	sys.control(t, "faults", stripesim.Faults{Requests: []stripesim.RequestFault{fault}})
}

// intentsOf lists the provider's intents of a booking.
func (sys *system) intentsOf(t *testing.T, bookingID string) []intent {
	t.Helper()
	var found []intent
	after := ""
	for {
		var page struct {
			Data    []intent `json:"data"`
			HasMore bool     `json:"has_more"`
		}
		path := "/v1/payment_intents?limit=100"
		if after != "" {
			path += "&starting_after=" + after
		}
		require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, path, nil, &page))
		for _, in := range page.Data {
			if in.Metadata["booking_id"] == bookingID {
				found = append(found, in)
			}
			after = in.ID
		}
		if !page.HasMore {
			return found
		}
	}
}

// refunded is the sum of the provider's refunds of an intent.
func (sys *system) refunded(t *testing.T, intentID string) (sum int64, refunds int) {
	t.Helper()
	var page struct {
		Data []struct {
			Amount int64 `json:"amount"`
		} `json:"data"`
	}
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, "/v1/refunds?payment_intent="+intentID, nil, &page))
	for _, refund := range page.Data {
		sum += refund.Amount
	}
	return sum, len(page.Data)
}

// eventID is the provider's event of a type about an intent.
func (sys *system) eventID(t *testing.T, kind, intentID string) string {
	t.Helper()
	var page struct {
		Data []struct {
			ID   string `json:"id"`
			Type string `json:"type"`
			Data struct {
				Object struct {
					ID string `json:"id"`
				} `json:"object"`
			} `json:"data"`
		} `json:"data"`
	}
	require.Equal(t, http.StatusOK, sys.ask(t, http.MethodGet, "/v1/events?limit=100", nil, &page))
	for _, event := range page.Data {
		if event.Type == kind && event.Data.Object.ID == intentID {
			return event.ID
		}
	}
	return ""
}
