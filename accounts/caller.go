package accounts

import "slices"

// Role is what a user may do.
type Role string

// The roles.
const (
	Customer Role = "CUSTOMER"
	Staff    Role = "STAFF"
	Partner  Role = "PARTNER"
	Admin    Role = "ADMIN"
)

// RoleOr is the role that a text names; an unknown one means a customer.
func RoleOr(text string) Role {
	if role := Role(text); slices.Contains([]Role{Customer, Staff, Partner, Admin}, role) {
		return role
	}
	return Customer
}

// Caller is the sender of a request. The zero value has not logged in.
type Caller struct {
	ID   string
	Role Role
	// Outside is what an outside identity provider says of its user; nil for a user of our own.
	Outside *Outside
}

// Outside is what an outside identity provider says of a user.
type Outside struct {
	// Email is the address that the provider has verified; empty when there is none.
	Email string
	// Name is any text, as it came.
	Name string
}
