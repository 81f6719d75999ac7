package customer

import (
	"context"
	"net/url"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// What follows is for a customer who is an administrator.

// Refund reads a refund with what happened to it.
func (c *Customer) Refund(ctx context.Context, id string) (openapi.RefundHistory, error) {
	return get[openapi.RefundHistory](ctx, c, "/admin/refunds/"+url.PathEscape(id))
}

// RetryRefund has a refused refund sent once more. The key makes a repeat harmless.
func (c *Customer) RetryRefund(ctx context.Context, key, id, reason string) (openapi.RefundHistory, error) {
	return post[openapi.RefundHistory](ctx, c, "/admin/refunds/"+url.PathEscape(id)+"/retry", key, openapi.AdminReason{Reason: reason})
}

// DivertRefund has a refused refund paid into the wallet. The key makes a repeat harmless.
func (c *Customer) DivertRefund(ctx context.Context, key, id, reason string) (openapi.RefundHistory, error) {
	return post[openapi.RefundHistory](ctx, c, "/admin/refunds/"+url.PathEscape(id)+"/divert", key, openapi.AdminReason{Reason: reason})
}

// SettleRefund has a refused refund ended as given back by hand. The key makes a repeat harmless.
func (c *Customer) SettleRefund(ctx context.Context, key, id, reason string) (openapi.RefundHistory, error) {
	return post[openapi.RefundHistory](ctx, c, "/admin/refunds/"+url.PathEscape(id)+"/settle", key, openapi.AdminReason{Reason: reason})
}

// CloseRefund ends a refund because the customer has the money from the bank already. The key makes a repeat harmless.
func (c *Customer) CloseRefund(ctx context.Context, key, id, reason string) (openapi.RefundHistory, error) {
	return post[openapi.RefundHistory](ctx, c, "/admin/refunds/"+url.PathEscape(id)+"/close", key, openapi.AdminReason{Reason: reason})
}

// OutsideRefunds are the latest outside refunds that somebody still has to decide about.
func (c *Customer) OutsideRefunds(ctx context.Context) ([]openapi.OutsideRefund, error) {
	list, err := get[openapi.OutsideRefundList](ctx, c, "/admin/outside-refunds?limit=100&open=true")
	return list.OutsideRefunds, err
}

// AssignOutsideRefund says for which seats a refund made by hand was. The key makes a repeat harmless.
func (c *Customer) AssignOutsideRefund(ctx context.Context, key, id, reason string, seats ...string) (openapi.OutsideRefundHistory, error) {
	return post[openapi.OutsideRefundHistory](ctx, c, "/admin/outside-refunds/"+url.PathEscape(id)+"/assign", key,
		openapi.AssignOutsideRefundRequest{Reason: reason, SeatIds: &seats})
}

// WriteOffOutsideRefund says that a refund made by hand was for nothing that was owed. The key makes a repeat harmless.
func (c *Customer) WriteOffOutsideRefund(ctx context.Context, key, id, reason string) (openapi.OutsideRefundHistory, error) {
	return post[openapi.OutsideRefundHistory](ctx, c, "/admin/outside-refunds/"+url.PathEscape(id)+"/write-off", key, openapi.AdminReason{Reason: reason})
}

// Flags are the latest open flags of a kind.
func (c *Customer) Flags(ctx context.Context, kind booking.FlagKind) ([]openapi.Flag, error) {
	list, err := get[openapi.FlagList](ctx, c, "/admin/flags?limit=100&kind="+url.QueryEscape(string(kind)))
	return list.Flags, err
}

// ResolveFlag puts a flag down.
func (c *Customer) ResolveFlag(ctx context.Context, id, reason string) (openapi.Flag, error) {
	return post[openapi.Flag](ctx, c, "/admin/flags/"+url.PathEscape(id)+"/resolve", "", openapi.AdminReason{Reason: reason})
}

// Disputes are the latest disputes.
func (c *Customer) Disputes(ctx context.Context) ([]openapi.Dispute, error) {
	list, err := get[openapi.DisputeList](ctx, c, "/admin/disputes?limit=100")
	return list.Disputes, err
}

// Stuck tells what is stuck, and why.
func (c *Customer) Stuck(ctx context.Context) (openapi.StuckList, error) {
	return get[openapi.StuckList](ctx, c, "/admin/stuck?limit=100")
}

// ExpireBooking ends an unpaid hold.
func (c *Customer) ExpireBooking(ctx context.Context, id, reason string) (openapi.BookingExpiry, error) {
	return post[openapi.BookingExpiry](ctx, c, "/admin/bookings/"+url.PathEscape(id)+"/expire", "", openapi.AdminReason{Reason: reason})
}

// MoveBooking gives a confirmed booking other seats. The key makes a repeat harmless.
func (c *Customer) MoveBooking(ctx context.Context, key, id string, request openapi.MoveBookingRequest) (openapi.SeatMove, error) {
	return post[openapi.SeatMove](ctx, c, "/admin/bookings/"+url.PathEscape(id)+"/move", key, request)
}

// Webhooks are the latest events about a booking.
func (c *Customer) Webhooks(ctx context.Context, bookingID string) ([]openapi.StoredWebhook, error) {
	list, err := get[openapi.WebhookList](ctx, c, "/admin/webhooks?limit=100&bookingId="+url.QueryEscape(bookingID))
	return list.Webhooks, err
}

// ReplayWebhook delivers a stored event again.
func (c *Customer) ReplayWebhook(ctx context.Context, eventID, reason string) (openapi.WebhookReplay, error) {
	return post[openapi.WebhookReplay](ctx, c, "/admin/webhooks/"+url.PathEscape(eventID)+"/replay", "", openapi.AdminReason{Reason: reason})
}

// Actions are the latest of everything that operators did to a subject.
func (c *Customer) Actions(ctx context.Context, subject string) ([]openapi.Action, error) {
	list, err := get[openapi.ActionList](ctx, c, "/admin/actions?limit=100&subject="+url.QueryEscape(subject))
	return list.Actions, err
}

// Refunds are the latest refunds in a state, with those of all customers.
func (c *Customer) Refunds(ctx context.Context, status booking.RefundStatus) ([]openapi.AdminRefund, error) {
	list, err := get[openapi.AdminRefundList](ctx, c, "/admin/refunds?limit=100&status="+url.QueryEscape(string(status)))
	return list.Refunds, err
}

// What follows is for a customer who is staff at a theatre.

// Scan checks a booking in by the text of its QR code. A repeat finds the first check-in.
func (c *Customer) Scan(ctx context.Context, qrCodeData string) (openapi.CheckIn, error) {
	return post[openapi.CheckIn](ctx, c, "/check-ins", "", openapi.CreateCheckInRequest{QrCodeData: &qrCodeData})
}
