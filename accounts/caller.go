package accounts

import "slices"

// Role is what somebody may do.
type Role string

// The roles.
const (
	Customer Role = "CUSTOMER"
	Staff    Role = "STAFF"
	Partner  Role = "PARTNER"
	Admin    Role = "ADMIN"
)

// RoleOr is the role of a text; whoever has none that we know is a customer.
func RoleOr(text string) Role {
	if role := Role(text); slices.Contains([]Role{Customer, Staff, Partner, Admin}, role) {
		return role
	}
	return Customer
}

// Caller is who asks for something. The zero value is somebody who has not logged in.
type Caller struct {
	ID   string
	Role Role
	// Outside is what an outside identity provider says of its user; nil for a user of our own.
	Outside *Outside
}

// Outside is what an outside identity provider says of a user.
type Outside struct {
	// Email is the address that the provider vouches for; empty when there is none.
	Email string
	// Name is as it came: any text.
	Name string
}
