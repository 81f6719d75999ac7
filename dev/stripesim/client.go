package stripesim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// Client speaks to a simulator in another process, as whoever plays the outside world does.
type Client struct {
	// URL is the simulator's base URL, and SecretKey its key.
	URL, SecretKey string
}

// connections are those of all clients. A fault may hold a request for half a minute.
var connections = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: time.Minute}}

const (
	// maxClientAnswer bounds what a client reads of an answer, in bytes: the counts are of up to 100,000 bookings.
	maxClientAnswer = 64 << 20
	// shownOfAnswer is how much of an answer an error shows, in bytes.
	shownOfAnswer = 300
)

// AddFaults has the simulator misbehave.
func (c Client) AddFaults(ctx context.Context, faults Faults) error {
	return c.Ask(ctx, http.MethodPost, "/_sim/faults", faults, nil)
}

// ClearFaults ends all misbehaviour.
func (c Client) ClearFaults(ctx context.Context) error {
	return c.Ask(ctx, http.MethodDelete, "/_sim/faults", nil, nil)
}

// Pay pays an intent as a browser does, with one of the simulator's payment methods.
func (c Client) Pay(ctx context.Context, intentID, method string) error {
	return c.Ask(ctx, http.MethodPost, "/v1/payment_intents/"+intentID+"/confirm", url.Values{"payment_method": {method}}, nil)
}

// Authenticate ends a customer's challenge.
func (c Client) Authenticate(ctx context.Context, intentID string, outcome Outcome) error {
	return c.end(ctx, "payment_intents/"+intentID+"/authenticate", outcome)
}

// SettleIntent ends the processing of a charge.
func (c Client) SettleIntent(ctx context.Context, intentID string, outcome Outcome) error {
	return c.end(ctx, "payment_intents/"+intentID+"/settle", outcome)
}

// SettleRefund ends a refund that is pending.
func (c Client) SettleRefund(ctx context.Context, refundID string, outcome Outcome) error {
	return c.end(ctx, "refunds/"+refundID+"/settle", outcome)
}

// end ends what waits for a bank. It fails for what does not wait any more.
func (c Client) end(ctx context.Context, what string, outcome Outcome) error {
	return c.Ask(ctx, http.MethodPost, "/_sim/"+what, map[string]Outcome{"outcome": outcome}, nil)
}

// Ask sends a request with the secret key: a form (url.Values), or anything else as JSON, unless it is nil. The answer is decoded unless nobody wants
// it; one that is not 200 is an error.
func (c Client) Ask(ctx context.Context, method, path string, body, into any) error {
	var encoded []byte
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case url.Values:
		encoded, kind = []byte(body.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.SecretKey)
	req.Header.Set("Content-Type", kind)
	res, err := connections.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxClientAnswer))
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("simulator: %s %s: %s: %.*s", method, path, res.Status, shownOfAnswer, answer)
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}

// Listed is an object of a list, with its id.
type Listed interface{ ListedID() string }

// All are the objects of one of the simulator's lists ("/v1/refunds"), the newest first. The query may filter them.
func All[T Listed](ctx context.Context, c Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		asked := url.Values{"limit": {"100"}}
		maps.Copy(asked, query)
		for more := true; more; {
			var page struct {
				Data    []T  `json:"data"`
				HasMore bool `json:"has_more"`
			}
			if err := c.Ask(ctx, http.MethodGet, path+"?"+asked.Encode(), nil, &page); err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, one := range page.Data {
				asked.Set("starting_after", one.ListedID())
				if !yield(one, nil) {
					return
				}
			}
			more = page.HasMore
		}
	}
}
