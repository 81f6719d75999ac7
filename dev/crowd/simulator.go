package crowd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// enterCard pays an intent as a browser does.
func (c *Crowd) enterCard(ctx context.Context, intentID, card string) error {
	form := url.Values{"payment_method": {card}}
	err := c.ask(ctx, http.MethodPost, "/v1/payment_intents/"+intentID+"/confirm", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("pay %s: %w", intentID, err)
	}
	return nil
}

// Mute has the simulator keep its events about payments to itself, until Unmute.
func (c *Crowd) Mute(ctx context.Context) error {
	body, err := json.Marshal(stripesim.Faults{Webhooks: []stripesim.WebhookFault{
		{Mode: stripesim.Drop, Types: []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}},
	}})
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodPost, "/_sim/faults", "application/json", bytes.NewReader(body))
}

// Unmute clears all faults of the simulator.
func (c *Crowd) Unmute(ctx context.Context) error {
	return c.ask(ctx, http.MethodDelete, "/_sim/faults", "application/json", http.NoBody)
}

func (c *Crowd) ask(ctx context.Context, method, path, kind string, body io.Reader) error {
	req, err := http.NewRequestWithContext(ctx, method, c.SimulatorURL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.SecretKey)
	req.Header.Set("Content-Type", kind)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return err
}
