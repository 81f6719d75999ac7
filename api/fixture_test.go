package api_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// asha and ravi are customers of the fixture, sam is its staff, ada its administrator, and paul the partner who owns Regal.
const (
	asha = "us_asha"
	ravi = "us_ravi"
	sam  = "us_sam"
	ada  = "us_ada"
	paul = "us_paul"
)

// fixture is a small catalogue: two theatres in Mumbai, one in London. Regal's layout has rows A and B of five seats, with an aisle
// after A2.
const fixture = `
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN'), ('london', 'London', 'GB');
INSERT INTO theatres VALUES
    ('th_regal', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 2000, 1800),
    ('th_eros', 'mumbai', 'Eros', 'Churchgate', 'Asia/Kolkata', 'INR', 2000, 1800),
    ('th_odeon', 'london', 'Odeon', 'Leicester Square', 'Europe/London', 'GBP', 100, 2000);
INSERT INTO screens VALUES ('sc_regal', 'th_regal', 'Screen 1'), ('sc_eros', 'th_eros', 'Audi 2'), ('sc_odeon', 'th_odeon', 'Luxe');
INSERT INTO seat_layouts VALUES ('ly_regal', 'sc_regal', 1), ('ly_eros', 'sc_eros', 1), ('ly_odeon', 'sc_odeon', 1);
INSERT INTO seats
    SELECT layout, row_label || n, row_label, n, CASE WHEN row_label = 'A' AND n > 2 THEN n + 1 ELSE n END,
           CASE row_label WHEN 'A' THEN 'STANDARD' ELSE 'PREMIUM' END, row_label = 'A' AND n = 1
    FROM unnest(ARRAY['ly_regal', 'ly_eros', 'ly_odeon']) layout, unnest(ARRAY['A', 'B']) row_label, generate_series(1, 5) n;
INSERT INTO movies VALUES
    ('mv_sholay', 'Sholay', 204, 'Hindi', ARRAY['Action'], 1975, 'Two friends, one bandit.'),
    ('mv_arrival', 'Arrival', 116, 'English', ARRAY['Drama', 'Science fiction'], 2016, 'They came.'),
    ('mv_zodiac', 'Zodiac', 157, 'English', ARRAY['Crime'], 2007, 'Letters.');
INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format, status) VALUES
    ('sh_hindi', 'mv_sholay', 'sc_regal', 'ly_regal', now() + interval '3 h', now() + interval '6 h', 'Hindi', '2D', 'ON_SALE'),
    ('sh_closed', 'mv_sholay', 'sc_regal', 'ly_regal', now() + interval '7 h', now() + interval '9 h', 'Hindi', '2D', 'CLOSED'),
    ('sh_started', 'mv_sholay', 'sc_regal', 'ly_regal', now() - interval '1 h', now() + interval '2 h', 'Hindi', '2D', 'ON_SALE'),
    ('sh_tamil', 'mv_sholay', 'sc_eros', 'ly_eros', now() + interval '3 h', now() + interval '6 h', 'Tamil', 'IMAX', 'ON_SALE'),
    ('sh_london', 'mv_arrival', 'sc_odeon', 'ly_odeon', now() + interval '3 h', now() + interval '6 h', 'English', '3D', 'ON_SALE');
INSERT INTO show_prices SELECT id, 'STANDARD', 15000 FROM shows UNION ALL SELECT id, 'PREMIUM', 25000 FROM shows;
INSERT INTO users (id, email, name) VALUES ('us_asha', 'asha@example.com', 'Asha'), ('us_ravi', 'ravi@example.com', 'Ravi');
INSERT INTO users (id, email, name, role) VALUES
    ('us_sam', 'sam@example.com', 'Sam', 'STAFF'), ('us_ada', 'ada@example.com', 'Ada', 'ADMIN'), ('us_paul', 'paul@example.com', 'Paul', 'PARTNER');
INSERT INTO partner_theatres VALUES ('us_paul', 'th_regal');
INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES
    ('wallet:us_asha:INR', 'WALLET', 'us_asha', 'INR');`

// row is a booking that the fixture can hold. Only id is needed.
type row struct {
	id, customer, show, hash string
	seats                    []string
	status                   booking.Status
	expires                  time.Duration // from now
	created                  time.Duration
}

// insert writes a booking as its workflow would have: with its quote, trail and claims.
func (b *bundle) insert(r row) {
	b.Helper()
	if r.customer == "" {
		r.customer = asha
	}
	if r.show == "" {
		r.show = "sh_hindi"
	}
	if r.status == "" {
		r.status = booking.StatusSeatsLocked
	}
	if r.seats == nil {
		r.seats = []string{"A1", "A2"}
	}
	if r.hash == "" {
		r.hash = "hash"
	}
	if r.expires == 0 {
		r.expires = 5 * time.Minute
	}
	n := int64(len(r.seats))
	layout := map[string]string{"sh_hindi": "ly_regal", "sh_tamil": "ly_eros", "sh_london": "ly_odeon"}[r.show]
	b.exec(`INSERT INTO bookings (id, customer_id, show_id, layout_id, status, seat_labels, request_hash, correlation_id, expires_at,
	            currency, subtotal, discount, fees, tax, total, applied_offers, price_mode, tax_rounding, created_at)
	        VALUES ($1, $2, $3, $4, $5, $6, $7, 'test', now() + $8, 'INR', $9, 0, 0, 0, $9, '[]', 'ADDED', 'SUM', now() + $10)`,
		r.id, r.customer, r.show, layout, r.status, r.seats, r.hash, r.expires, n*15000, r.created)
	b.exec(`INSERT INTO booking_seats SELECT $1, unnest($2::text[]), 'STANDARD', 15000`, r.id, r.seats)
	b.exec(`INSERT INTO booking_events (booking_id, from_status, to_status, reason, actor, correlation_id)
	        VALUES ($1, NULL, 'INITIATED', 'seats requested', 'CUSTOMER', 'test'),
	               ($1, 'INITIATED', 'SEATS_LOCKED', 'seats locked', 'CUSTOMER', 'test')`, r.id)
	switch {
	case r.status.Payable():
		b.exec(`INSERT INTO claims SELECT $1, unnest($2::text[]), $3, $4, 'HELD', now() + $5 + interval '15 min'`,
			r.show, r.seats, layout, r.id, r.expires)
	case r.status == booking.StatusConfirmed:
		b.exec(`INSERT INTO claims SELECT $1, unnest($2::text[]), $3, $4, 'SOLD', NULL`, r.show, r.seats, layout, r.id)
	}
}

// insertPayment writes an attempt to pay.
func (b *bundle) insertPayment(id, bookingID, hash string, status booking.PaymentStatus) {
	b.Helper()
	b.exec(`INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, intent_id, request_hash, correlation_id)
	        VALUES ($1, $2, 1, 'CARD', 'INR', 0, 30000, $3, 'pi_' || $1, $4, 'test')`, id, bookingID, status, hash)
}

// hashOf is the hash that the server keeps of a request.
func (b *bundle) hashOf(bookingID string) (hash string) {
	b.Helper()
	require.NoError(b, b.admin.QueryRow(b.Context(), "SELECT request_hash FROM bookings WHERE id = $1", bookingID).Scan(&hash))
	return hash
}
