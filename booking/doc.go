// Package booking is the vocabulary that the API, the workflows and the activities share: ids, states and their
// transitions, seats, money, refusals, and the names and messages of the booking workflow.
//
// It imports nothing but the standard library, so that everybody may import it.
package booking
