// Package provider gives access to the payment provider: a small interface in terms of
// bookings, and its one implementation, Stripe.
//
// The interface promises three things to activities that are retried:
//
//   - A call repeated with the same request has its effect once, even if the first answer
//     was lost, if the provider remembered a server error for the idempotency key, or if
//     it has forgotten the key.
//   - Every error is an *Error whose Kind says what to do next. No other package needs to
//     know the provider's own codes.
//   - No error and no log line contains a secret, a client secret or card data, so both may
//     be written to workflow histories.
package provider
