package main

import (
	"slices"
	"strings"
	"sync"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// promise is what a customer has been told about one booking.
type promise struct {
	ID       string   `json:"id"`
	Customer string   `json:"customer"`
	Show     string   `json:"show"`
	Seats    []string `json:"seats"`
	// Confirmed says that the booking was seen CONFIRMED.
	Confirmed bool `json:"confirmed"`
	// Expired says that the booking was said to have expired.
	Expired bool `json:"expired,omitempty"`
	// Asked are the seats that the customer asked to give back, whatever the answer was.
	Asked []string `json:"asked,omitempty"`
	// Returned are the seats that the API has said were given back.
	Returned []string `json:"returned,omitempty"`
}

// memory is what customers remember of all they were told. Its methods may be called concurrently.
type memory struct {
	mu       sync.Mutex
	bookings map[string]*promise
	keys     map[string]string
	last     string
}

func newMemory() *memory {
	return &memory{bookings: map[string]*promise{}, keys: map[string]string{}}
}

// held remembers the booking with which a key was answered, and returns what is wrong with it, if anything.
func (m *memory) held(customer, key string, s story, b openapi.Booking) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.bookings[b.BookingId]
	if p == nil {
		p = &promise{ID: b.BookingId, Customer: customer, Show: b.Show.ShowId, Seats: b.Seats}
		m.bookings[b.BookingId], m.last = p, b.BookingId
	}
	before, known := m.keys[customer+" "+key]
	if !known {
		m.keys[customer+" "+key] = b.BookingId
	}
	switch {
	case known && before != b.BookingId:
		return "the key of " + before + " was answered with " + b.BookingId
	case p.Customer != customer:
		return b.BookingId + " is somebody else's"
	case b.Show.ShowId != showID(s.Show) || !slices.Equal(booking.SortSeats(b.Seats), booking.SortSeats(s.Seats)):
		return b.BookingId + " is about other seats than were asked for"
	}
	p.Confirmed = p.Confirmed || b.Status == booking.StatusConfirmed
	return ""
}

// confirmed remembers that a booking was seen CONFIRMED.
func (m *memory) confirmed(bookingID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bookings[bookingID].Confirmed = true
}

// expired remembers that the API has called a booking expired, and returns what is wrong with that, if anything.
func (m *memory) expired(bookingID string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.bookings[bookingID]
	if p.Expired = true; p.Confirmed {
		return bookingID + " was seen CONFIRMED, and is said to have expired"
	}
	return ""
}

// asks remembers that a customer is about to give seats back.
func (m *memory) asks(bookingID string, seats []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.bookings[bookingID]
	p.Asked = union(p.Asked, seats)
}

// returned remembers that seats have been given back.
func (m *memory) returned(bookingID string, seats []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.bookings[bookingID]
	p.Returned = union(p.Returned, seats)
}

// latest is the booking that was made last, or empty.
func (m *memory) latest() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// union is all that is in one of two lists.
func union(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}

// promises are all, in the order of their ids.
func (m *memory) promises() (all []promise) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.bookings {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b promise) int { return strings.Compare(a.ID, b.ID) })
	return all
}
