package seed

import "github.com/boxoffice/boxoffice/db"

// rehearsalPolicy lets customers of the Rehearsal Room cancel until the show begins, for a fee; every other theatre has the default
// policy.
var rehearsalPolicy = db.SeedRefundPolicyParams{
	TheatreID: RehearsalRoomID,
	Fee:       20_00,
	Hours:     []int32{24, 0},
	Percents:  []int32{100, 50},
}
