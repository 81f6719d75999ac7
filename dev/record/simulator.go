package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// maxAnswer bounds what is read of an answer of the simulator.
const maxAnswer = 4 << 20

func (s *studio) addFaults(ctx context.Context, faults stripesim.Faults) error {
	return s.control(ctx, http.MethodPost, "/_sim/faults", faults)
}

func (s *studio) clearFaults(ctx context.Context) error {
	return s.control(ctx, http.MethodDelete, "/_sim/faults", nil)
}

// settleIntent ends the processing of a charge.
func (s *studio) settleIntent(ctx context.Context, intentID string, outcome stripesim.Outcome) error {
	return s.control(ctx, http.MethodPost, "/_sim/payment_intents/"+intentID+"/settle", map[string]any{"outcome": outcome})
}

// authenticate ends a customer's 3-D Secure.
func (s *studio) authenticate(ctx context.Context, intentID string, outcome stripesim.Outcome) error {
	return s.control(ctx, http.MethodPost, "/_sim/payment_intents/"+intentID+"/authenticate", map[string]any{"outcome": outcome})
}

func (s *studio) control(ctx context.Context, method, path string, body any) error {
	return s.controlFor(ctx, method, path, body, nil)
}

// controlFor is control for an answer that somebody wants to read.
func (s *studio) controlFor(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.ask(ctx, method, path, "application/json", content, into)
}

// cancelIntent ends an intent as somebody in the provider's dashboard would.
func (s *studio) cancelIntent(ctx context.Context, intentID string) error {
	return s.ask(ctx, http.MethodPost, "/v1/payment_intents/"+intentID+"/cancel", formType, nil, nil)
}

// charge collects money on an intent that nobody has asked for, with the metadata of one that somebody has.
func (s *studio) charge(ctx context.Context, amount int64, metadata map[string]string) (intentID string, err error) {
	form := url.Values{
		"amount": {strconv.FormatInt(amount, 10)}, "currency": {"inr"}, "confirm": {"true"}, "payment_method": {cardVisa},
		"payment_method_types[]": {"card"}, "metadata[" + booking.MetadataDeployment + "]": {booking.DefaultDeployment},
	}
	for name, value := range metadata {
		form.Set("metadata["+name+"]", value)
	}
	var intent struct {
		ID string `json:"id"`
	}
	err = s.ask(ctx, http.MethodPost, "/v1/payment_intents", formType, []byte(form.Encode()), &intent)
	return intent.ID, err
}

const formType = "application/x-www-form-urlencoded"

func (s *studio) ask(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.StripeURL()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+s.Secrets().StripeSecretKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("simulator: %s %s: %s: %s", method, path, res.Status, strings.TrimSpace(string(content)))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(content, into)
}
