package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
)

const (
	// opsPatience is how long an operator waits for an answer: longer than the API waits for the provider.
	opsPatience = 40 * time.Second
	// maxAnswer bounds the body of an answer.
	maxAnswer = 8 << 20
)

// opsConfig is how operators reach the API.
type opsConfig struct {
	// URL is the address of the API.
	URL string `env:"BOXOFFICE_API_URL" envDefault:"http://127.0.0.1:8080"`
	// Token is an administrator's. Without it, Email and Password log in.
	Token    string `env:"BOXOFFICE_TOKEN"`
	Email    string `env:"BOXOFFICE_EMAIL"`
	Password string `env:"BOXOFFICE_PASSWORD"`
}

// opsClient calls the API on behalf of an administrator.
type opsClient struct {
	base, token string
	http        *http.Client
}

func newOpsClient(ctx context.Context, config opsConfig) (*opsClient, error) {
	base := strings.TrimSuffix(strings.TrimRight(config.URL, "/"), "/api/v1") + "/api/v1"
	c := &opsClient{base: base, token: config.Token, http: &http.Client{Timeout: opsPatience}}
	if c.token != "" {
		return c, nil
	}
	if config.Email == "" || config.Password == "" {
		return nil, errors.New("set BOXOFFICE_TOKEN, or BOXOFFICE_EMAIL and BOXOFFICE_PASSWORD, to those of an administrator")
	}
	body, err := c.call(ctx, http.MethodPost, "/auth/login", "", openapi.LoginRequest{Email: config.Email, Password: config.Password})
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	var session openapi.Session
	if err := json.Unmarshal(body, &session); err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	c.token = session.AccessToken
	return c, nil
}

// call makes a request and returns the body of the answer. A refusal is an *apiError.
func (c *opsClient) call(ctx context.Context, method, path, key string, input any) ([]byte, error) {
	var sent io.Reader = http.NoBody
	if input != nil {
		text, err := json.Marshal(input)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return nil, err
	}
	if input != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", err)
	case response.StatusCode >= http.StatusMultipleChoices:
		return nil, readAPIError(response.StatusCode, body)
	}
	return body, nil
}

// apiError is an error response of the API.
type apiError struct {
	status int
	body   openapi.ErrorBody
}

func readAPIError(status int, body []byte) error {
	var said openapi.Error
	if err := json.Unmarshal(body, &said); err != nil || said.Error.Code == "" {
		return fmt.Errorf("the answer is %d %s, and not from the API", status, http.StatusText(status))
	}
	return &apiError{status: status, body: said.Error}
}

// Error names the code, the message, all details and the correlation id.
func (e *apiError) Error() string {
	var details []string
	if e.body.Details != nil {
		for name, value := range *e.body.Details {
			details = append(details, fmt.Sprintf("%s: %v", name, value))
		}
		slices.Sort(details)
	}
	details = append(details, "correlation id "+e.body.CorrelationId)
	return fmt.Sprintf("%s: %s (%s)", e.body.Code, e.body.Message, strings.Join(details, "; "))
}

// opsKey is the Idempotency-Key of a command, derived from how it was typed: the same command again finds the first.
func opsKey(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "ops-" + hex.EncodeToString(sum[:16])
}
