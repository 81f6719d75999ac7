package main

// account is a user whom the seed makes.
type account struct{ role, email, password string }

// demoAccounts are the seed's accounts, a customer first.
func demoAccounts() []account {
	return []account{
		{"customer", "asha@example.com", "Opening-Night-1"},
	}
}
