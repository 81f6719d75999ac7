package seed

import "github.com/boxoffice/boxoffice/booking"

// Password is the password of every demo account.
const Password = "Opening-Night-1"

// Roles of the demo accounts.
const (
	roleCustomer = "CUSTOMER"
	roleStaff    = "STAFF"
	rolePartner  = "PARTNER"
	roleAdmin    = "ADMIN"
)

// Account is a demo account.
type Account struct {
	Email string
	Name  string
	// Role is the users table's: CUSTOMER, STAFF, PARTNER or ADMIN.
	Role string
	// Wallets is the money that the account gets, once.
	Wallets []booking.Money
	// Theatres are the ids of a partner's theatres.
	Theatres []string
}

// ID is the user's id.
func (a Account) ID() string { return booking.UserID("seed", a.Email) }

// Accounts are the demo accounts, whose password is Password.
var Accounts = []Account{
	{Email: "asha@example.com", Name: "Asha Rao", Role: roleCustomer, Wallets: []booking.Money{
		{Amount: 10_000_00, Currency: "INR"},
		{Amount: 200_00, Currency: "GBP"},
		{Amount: 200_00, Currency: "USD"},
		{Amount: 200_00, Currency: "EUR"},
	}},
	{Email: "ben@example.com", Name: "Ben Okafor", Role: roleCustomer, Wallets: []booking.Money{
		{Amount: 1_000_00, Currency: "INR"},
		{Amount: 20_00, Currency: "GBP"},
		{Amount: 20_00, Currency: "USD"},
		{Amount: 20_00, Currency: "EUR"},
	}},
	{Email: "staff@example.com", Name: "Sam Lind", Role: roleStaff},
	{Email: "admin@example.com", Name: "Ada Winter", Role: roleAdmin},
	{Email: "partner@example.com", Name: "Tessa Marlow", Role: rolePartner, Theatres: []string{"th_tanner-street", "th_lock-keepers"}},
}
