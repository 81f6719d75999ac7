package stack

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Secrets are random for each data folder, made at the first start.
type Secrets struct {
	OwnerPassword       string `json:"ownerPassword"`
	APIPassword         string `json:"apiPassword"`
	WorkerPassword      string `json:"workerPassword"`
	TemporalPassword    string `json:"temporalPassword"`
	StripeSecretKey     string `json:"stripeSecretKey"`
	StripeWebhookSecret string `json:"stripeWebhookSecret"`
	JWTSecret           string `json:"jwtSecret"`
	TicketSigningKey    string `json:"ticketSigningKey"`
}

func makeSecrets() Secrets {
	return Secrets{
		OwnerPassword:       randomHex(16),
		APIPassword:         randomHex(16),
		WorkerPassword:      randomHex(16),
		TemporalPassword:    randomHex(16),
		StripeSecretKey:     "sk_test_" + randomHex(16),
		StripeWebhookSecret: "whsec_" + randomHex(16),
		JWTSecret:           randomHex(32),
		TicketSigningKey:    randomHex(32),
	}
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// loadSecrets reads the folder's secrets, or makes them. When two processes make them at once, one wins and
// both use its secrets.
func loadSecrets(dir string) (Secrets, error) {
	path := filepath.Join(dir, secretsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if err := writeNew(path, makeSecrets()); err != nil && !errors.Is(err, os.ErrExist) {
			return Secrets{}, fmt.Errorf("keep secrets: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return Secrets{}, fmt.Errorf("read secrets: %w", err)
	}
	var s Secrets
	if err := json.Unmarshal(text, &s); err != nil {
		return Secrets{}, fmt.Errorf("read secrets: %s: %w", path, err)
	}
	return s, nil
}

// writeNew makes the file complete or not at all; the error is os.ErrExist when it is there already.
func writeNew(path string, s Secrets) error {
	text, err := json.MarshalIndent(s, "", "  ") //nolint:gosec // this is the file that keeps them
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), ".secrets-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.Write(append(text, '\n'))
	if err := errors.Join(err, draft.Close()); err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}
