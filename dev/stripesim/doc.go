// Package stripesim is a payment provider for development and tests. It speaks
// the part of Stripe's wire format that Boxoffice uses, sends signed webhooks,
// and can be told to misbehave. It moves no money and stores no card numbers.
//
// # API
//
// Requests are form-encoded, answers are JSON, the secret key travels as a
// bearer token (or as the user name of basic authentication):
//
//	POST /v1/payment_intents                  create, also with confirm=true
//	GET  /v1/payment_intents                  list: limit, starting_after, ending_before, created
//	GET  /v1/payment_intents/{id}             retrieve
//	POST /v1/payment_intents/{id}/confirm     pay, with the secret key, or with a publishable key
//	                                          (pk_test_…) and client_secret as a browser does
//	POST /v1/payment_intents/{id}/cancel      cancel
//	POST /v1/refunds                          refund a payment_intent or charge
//	GET  /v1/refunds                          list, also by payment_intent or charge
//	GET  /v1/refunds/{id}                     retrieve
//	GET  /v1/disputes                         list, also by payment_intent or charge
//	GET  /v1/disputes/{id}                    retrieve
//	GET  /v1/events, GET /v1/events/{id}      what happened
//
// Idempotency keys follow Stripe: the first answer is kept for a day once the
// request was executed, server errors included, and repeated with the header
// Idempotent-Replayed; other parameters or another endpoint are an
// idempotency_error; a key whose request is still running answers 409. Requests
// that fail validation, authentication or the rate limit leave no trace.
//
// # Payment methods
//
// Pay with payment_method=<name>, or with payment_method_data[type]=card and
// payment_method_data[card][number]=<number>:
//
//	pm_card_visa                                  4242424242424242  succeeds
//	pm_card_mastercard                            5555555555554444  succeeds
//	pm_card_visa_chargeDeclined                   4000000000000002  declined: generic_decline
//	pm_card_visa_chargeDeclinedInsufficientFunds  4000000000009995  declined: insufficient_funds
//	pm_card_visa_chargeDeclinedLostCard           4000000000009987  declined: lost_card
//	pm_card_visa_chargeDeclinedStolenCard         4000000000009979  declined: stolen_card
//	pm_card_chargeDeclinedExpiredCard             4000000000000069  refused: expired_card
//	pm_card_chargeDeclinedIncorrectCvc            4000000000000127  refused: incorrect_cvc
//	pm_card_chargeDeclinedProcessingError         4000000000000119  refused: processing_error
//	pm_card_threeDSecure2Required                 4000000000003220  3-D Secure, then succeeds
//	pm_card_authenticationRequired                4000002760003184  3-D Secure, then succeeds
//	pm_card_authenticationRequiredOnSetup         4000002500003155  3-D Secure, then succeeds
//	pm_card_pendingRefund                         4000000000007726  succeeds; its refunds stay pending
//	pm_card_refundFail                            4000000000005126  succeeds; its refunds fail later
//	pm_card_processing                            (no number)       stays processing; not a Stripe name
//
// # Control
//
// Nothing below /_sim/ asks for a key: listen on a loopback address.
//
//	POST   /_sim/payment_intents/{id}/authenticate  {"outcome":"succeed"|"fail"}  ends 3-D Secure
//	POST   /_sim/payment_intents/{id}/settle        {"outcome":"succeed"|"fail"}  ends processing
//	POST   /_sim/payment_intents/{id}/amend         {"amount":100,"currency":"usd"}  changes what an unpaid intent asks for,
//	                                                so that it succeeds for another sum than the product wanted
//	POST   /_sim/refunds                            {"payment_intent":"pi_…","amount":100}  gives money back as at Stripe's own desk, all
//	                                                that is left without an amount
//	POST   /_sim/refunds/{id}/settle                {"outcome":"succeed"|"fail"|"cancel"}  ends a pending refund, or fails one
//	                                                that had succeeded
//	POST   /_sim/disputes                           {"payment_intent":"pi_…","reason":"fraudulent"}  the bank wants the money back
//	POST   /_sim/disputes/{id}                      {"status":"under_review"|"won"|"lost"|"prevented"}  how that goes on
//	POST   /_sim/events/{id}/redeliver              sends an event once more
//	GET    /_sim/deliveries                         every try to deliver a webhook, newest last (?event=, ?type=)
//	GET    /_sim/counts, DELETE                     requests by operation, and by operation for each booking_id
//	GET    /_sim/faults, POST, DELETE               see Faults
//	GET    /healthz                                 200 when serving
//
// # Webhooks
//
// Events go to one address, signed as Stripe does. Those about one intent are
// sent in order, one at a time; anything but 2xx is tried again later, with a
// growing pause, and by then later events may have overtaken it. See Config for
// the limits.
//
//	payment_intent.created, .requires_action, .processing, .payment_failed, .succeeded, .canceled
//	charge.succeeded, charge.failed, charge.refunded            the charge, with the intent's metadata
//	refund.created, refund.updated, charge.refund.updated       the refund, with its own metadata
//	refund.failed                                               likewise, after refund.updated
//	charge.dispute.created, charge.dispute.funds_withdrawn      the dispute, which has no metadata of ours,
//	charge.dispute.updated                                      but names payment_intent and charge
//	charge.dispute.closed, charge.dispute.funds_reinstated      the latter when won or prevented
//
// # Disputes
//
// A dispute takes all money of a charge at once, refunded or not, with a fee of
// 1500, and gives the money back when won or prevented; its balance transactions
// say so. Until then refunds of the charge are refused with the code
// charge_disputed. A charge is disputed at most once, and there are no inquiries
// (warning_…) before it.
//
// # Limits
//
// Everything is held in memory: by default the newest 100,000 objects of each
// kind, after which the oldest are forgotten, and with them money that could be
// refunded. With Config.StateFile every change is also appended to a file, which
// survives a kill of the process; it is not synced to disk. Amounts are not
// converted, only disputes have fees, and the balance is endless (refuse a refund with
// balance_insufficient by a fault).
package stripesim
