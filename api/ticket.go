package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/boxoffice/boxoffice/booking"
)

// ticketVersion begins what a QR code holds, so that scanners tell formats apart.
const ticketVersion = "BOX1"

// ErrTicketForged means that a QR code is not one of ours, or has been changed.
var ErrTicketForged = errors.New("ticket is not genuine")

// TicketPayload is what the QR code of a ticket says.
type TicketPayload struct {
	TicketID  string   `json:"t"`
	BookingID string   `json:"b"`
	ShowID    string   `json:"s"`
	Seats     []string `json:"p"`
}

// ticketSigner makes QR codes that need no look-up to be told from forged ones.
type ticketSigner struct{ key []byte }

// sign gives what the QR code of a booking's ticket holds.
func (s ticketSigner) sign(bookingID, showID string, seats []string) (string, error) {
	payload, err := json.Marshal(TicketPayload{TicketID: booking.TicketID(bookingID), BookingID: bookingID, ShowID: showID, Seats: seats})
	if err != nil {
		return "", err
	}
	signed := ticketVersion + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ticketSignature(s.key, signed)), nil
}

// VerifyTicket reads what a QR code says, or fails with ErrTicketForged. It says nothing about whether the ticket has been used or
// its booking cancelled since.
func VerifyTicket(key []byte, qrCodeData string) (TicketPayload, error) {
	dot := strings.LastIndexByte(qrCodeData, '.')
	encoded, ours := strings.CutPrefix(qrCodeData[:max(dot, 0)], ticketVersion+".")
	if dot < 0 || !ours {
		return TicketPayload{}, ErrTicketForged
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(qrCodeData[dot+1:])
	if err != nil || !hmac.Equal(signature, ticketSignature(key, qrCodeData[:dot])) {
		return TicketPayload{}, ErrTicketForged
	}
	var said TicketPayload
	payload, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || json.Unmarshal(payload, &said) != nil {
		return TicketPayload{}, ErrTicketForged
	}
	return said, nil
}

func ticketSignature(key []byte, signed string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}
