// Package provider is the door to the payment provider: a small interface in
// the words of a booking, and its one implementation, Stripe.
//
// The interface promises three things to activities that are retried:
//
//   - A call repeated with the same request has its effect once, also when the
//     first answer was lost, when the provider remembered a server error for the
//     idempotency key, and when it has forgotten the key.
//   - Every error is an *Error whose Kind says what to do next. Nobody outside
//     this package needs to know the provider's own codes.
//   - No error and no log line holds a secret, a client secret or card data, so
//     both may be written to workflow histories.
package provider
