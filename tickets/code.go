// Package tickets makes what a customer shows at the door.
package tickets

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
)

// version is the prefix of a QR code's content, by which scanners distinguish formats.
const version = "BOX1"

// ErrForged means that a QR code is not one of ours, or has been changed.
var ErrForged = errors.New("ticket is not genuine")

// Code is the content of a ticket's QR code.
type Code struct {
	TicketID  string   `json:"t"`
	BookingID string   `json:"b"`
	ShowID    string   `json:"s"`
	Seats     []string `json:"p"`
}

// Sign makes the content of the QR code of a booking's ticket. A forged one is recognised without a look-up.
func Sign(key []byte, bookingID, showID string, seats []string) (string, error) {
	payload, err := json.Marshal(Code{TicketID: booking.TicketID(bookingID), BookingID: bookingID, ShowID: showID, Seats: seats})
	if err != nil {
		return "", err
	}
	signed := version + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature(key, signed)), nil
}

// Verify reads what a QR code says, or fails with ErrForged. It says nothing about whether the ticket has been used or
// its booking cancelled since.
func Verify(key []byte, qrCodeData string) (Code, error) {
	dot := strings.LastIndexByte(qrCodeData, '.')
	encoded, ours := strings.CutPrefix(qrCodeData[:max(dot, 0)], version+".")
	if dot < 0 || !ours {
		return Code{}, ErrForged
	}
	signed, err := base64.RawURLEncoding.Strict().DecodeString(qrCodeData[dot+1:])
	if err != nil || !hmac.Equal(signed, signature(key, qrCodeData[:dot])) {
		return Code{}, ErrForged
	}
	var said Code
	payload, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || json.Unmarshal(payload, &said) != nil {
		return Code{}, ErrForged
	}
	return said, nil
}

func signature(key []byte, signed string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}
