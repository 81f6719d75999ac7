package apifuzz

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Role is the role of the token that a request carries.
type Role string

// The roles of users; Nobody has no token.
const (
	Nobody        Role = ""
	Customer      Role = "CUSTOMER"
	Staff         Role = "STAFF"
	Partner       Role = "PARTNER"
	Administrator Role = "ADMIN"
)

// maxKnown bounds what is remembered under one name; the oldest is forgotten.
const maxKnown = 64

// World is what requests can be about: users, and the ids, seats and cursors that there are. It may be used concurrently.
type World struct {
	tokens        map[Role]string
	badTokens     []string
	webhookSecret string

	mu    sync.Mutex
	known map[string][]string
}

// NewWorld makes a world of these users, one of each role. The secrets are those of the API.
func NewWorld(jwtSecret, webhookSecret string, users map[Role]string) (*World, error) {
	w := &World{tokens: map[Role]string{}, webhookSecret: webhookSecret, known: map[string][]string{}}
	now := time.Now()
	mint := func(user string, role Role, secret any, method jwt.SigningMethod, more jwt.MapClaims) (string, error) {
		claims := jwt.MapClaims{
			"iss": "boxoffice", "aud": "boxoffice", "sub": user, "role": string(role), "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(2 * time.Hour).Unix(),
		}
		maps.Copy(claims, more)
		token, err := jwt.NewWithClaims(method, claims).SignedString(secret)
		if err != nil {
			return "", fmt.Errorf("make a token: %w", err)
		}
		return token, nil
	}
	var err error
	for role, user := range users {
		if w.tokens[role], err = mint(user, role, []byte(jwtSecret), jwt.SigningMethodHS256, nil); err != nil {
			return nil, err
		}
		w.Know("actor", user)
	}
	admin := users[Administrator]
	for _, bad := range []struct {
		secret any
		method jwt.SigningMethod
		claims jwt.MapClaims
	}{
		{[]byte(jwtSecret), jwt.SigningMethodHS256, jwt.MapClaims{"exp": now.Add(-time.Hour).Unix()}},
		{[]byte(jwtSecret), jwt.SigningMethodHS256, jwt.MapClaims{"iss": "somebody else"}},
		{[]byte(jwtSecret), jwt.SigningMethodHS256, jwt.MapClaims{"aud": "somebody else"}},
		{[]byte(jwtSecret), jwt.SigningMethodHS256, jwt.MapClaims{"sub": ""}},
		{[]byte(jwtSecret), jwt.SigningMethodHS512, nil},
		{[]byte("another secret of the same length"), jwt.SigningMethodHS256, nil},
		{jwt.UnsafeAllowNoneSignatureType, jwt.SigningMethodNone, nil},
	} {
		token, err := mint(admin, Administrator, bad.secret, bad.method, bad.claims)
		if err != nil {
			return nil, err
		}
		w.badTokens = append(w.badTokens, token)
	}
	good := w.tokens[Administrator]
	w.badTokens = append(w.badTokens, "x", "..", good+"x", good[:len(good)-2], strings.Repeat("a", 8000), "\xff\xfe", "é")
	return w, nil
}

// Know remembers values of a parameter or field. Seats are known as "seat".
func (w *World) Know(name string, values ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, value := range values {
		if value == "" || slices.Contains(w.known[name], value) {
			continue
		}
		w.known[name] = append(w.known[name], value)
		if n := len(w.known[name]); n > maxKnown {
			w.known[name] = w.known[name][n-maxKnown:]
		}
	}
}

// of gives the values that are known by a name. Cursors are known by the name of the operation that lists them.
func (w *World) of(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch name {
	case "seatIds", "fromSeats", "toSeats":
		return slices.Clone(w.known["seat"])
	case "subject":
		return slices.Concat(w.known["bookingId"], w.known["refundId"], w.known["showId"], w.known["cascadeId"])
	default:
		return slices.Clone(w.known[name])
	}
}

// prefixes tell what an id is of.
var prefixes = map[string]string{
	"sh_": "showId", "bk_": "bookingId", "tu_": "topUpId", "cs_": "cascadeId", "rf_": "refundId", "mv_": "movieId", "th_": "theatreId",
	"evt_": "eventId", "pi_": "paymentIntentId", "us_": "actor", "BOX1.": "qrCodeData",
}

var seatPattern = regexp.MustCompile(`^[A-Z]{1,2}[1-9][0-9]{0,2}$`)

// Learn remembers what an answer to an operation tells.
func (w *World) Learn(operationID string, body []byte) {
	var said any
	if json.Unmarshal(body, &said) == nil {
		w.learn(operationID, "", said)
	}
}

func (w *World) learn(operationID, name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			w.learn(operationID, name, inner)
		}
	case []any:
		for _, inner := range value {
			w.learn(operationID, name, inner)
		}
	case float64:
		if name == "refund" {
			w.Know("expectedRefund", fmt.Sprintf("%.0f", value))
		}
	case string:
		w.learnText(operationID, name, value)
	}
}

func (w *World) learnText(operationID, name, text string) {
	switch {
	case name == "nextCursor":
		w.Know("cursor of "+operationID, text)
		return
	case name == "cityId", name == "flagId":
		w.Know(name, text)
	case name == "seatIds" && seatPattern.MatchString(text):
		w.Know("seat", text)
	}
	for prefix, known := range prefixes {
		if strings.HasPrefix(text, prefix) && !strings.Contains(text, " ") && !strings.Contains(text, "_secret") && !strings.Contains(text, ":") {
			w.Know(known, text)
		}
	}
}

// sign is the header that the payment provider sends with an event.
func sign(body []byte, secret string, at time.Time) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
