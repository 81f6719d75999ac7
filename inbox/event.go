package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// farFuture is later than any time that is stored.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// unreadableEvents is the subject of the flag for events that cannot be read.
const unreadableEvents = "unreadable-events"

// incoming is the part of an event that we use, whatever its API version.
type incoming struct {
	id, kind string
	created  time.Time
	object   json.RawMessage
	// unreadable says what is missing; empty for an event of a known shape.
	unreadable string
}

// unreadable says why a signed event, which may be for us, does not say what we need to know.
type unreadable string

// Error makes it usable as an error.
func (u unreadable) Error() string { return string(u) }

// readEvent reads an event of any shape: the provider's libraries refuse shapes that they do not know,
// such as the "thin" events of API v2, which have a textual time and no object. An event without an id is
// identified by its body, so that a repeat is recognised; one without a time counts as having come now.
func readEvent(body []byte, now time.Time) incoming {
	var fields, data map[string]json.RawMessage
	_ = json.Unmarshal(body, &fields) // anything that is not an object has no fields
	_ = json.Unmarshal(fields["data"], &data)
	event := incoming{
		id: textOf(fields["id"]),
		// A thin event for an object of API v1 has that version before its type.
		kind:   strings.TrimPrefix(booking.Excerpt(textOf(fields["type"])), "v1."),
		object: data["object"],
	}
	created, dated := eventTime(fields["created"])
	switch {
	case event.kind == "":
		event.unreadable = "It has no type."
	case !booking.IsID(event.id):
		event.unreadable = "It has no id."
	case event.object == nil:
		event.unreadable = "It has no data.object: the endpoint has to be sent snapshots, not thin events."
	case !dated:
		event.unreadable = "It has no time."
	}
	if !booking.IsID(event.id) {
		sum := sha256.Sum256(body)
		event.id = "unnamed-" + hex.EncodeToString(sum[:16])
	}
	if event.created = created; !dated {
		event.created = now.UTC()
	}
	return event
}

// textOf is a JSON string, or empty.
func textOf(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text) // a value of another type counts as missing
	return text
}

// eventTime reads seconds since 1970, or a textual time.
func eventTime(value json.RawMessage) (at time.Time, ok bool) {
	var seconds int64
	if err := json.Unmarshal(value, &seconds); err == nil {
		return providerTime(seconds)
	}
	at, err := time.Parse(time.RFC3339, textOf(value))
	if err != nil {
		return time.Time{}, false
	}
	_, ok = providerTime(at.Unix())
	return at.UTC(), ok
}

// providerTime reads the provider's seconds since 1970; ok is false for a time that the database cannot store.
func providerTime(seconds int64) (at time.Time, ok bool) {
	return time.Unix(seconds, 0).UTC(), seconds >= 0 && seconds < farFuture.Unix()
}

// row is how an event is remembered, without its content.
func (e incoming) row(outcome Outcome) db.WebhookStoreParams {
	return db.WebhookStoreParams{EventID: e.id, Type: cmp.Or(booking.Excerpt(e.kind), "unknown"), Outcome: string(outcome), OccurredAt: e.created}
}

// storeUnreadable remembers an event whose meaning is unknown, and alerts operators.
func (i *Inbox) storeUnreadable(ctx context.Context, received incoming) error {
	err := db.InTx(ctx, i.options.Pool, func(q *db.Queries) error {
		row := received.row(Unreadable)
		if _, err := q.WebhookStore(ctx, row); err != nil {
			return err
		}
		return q.FlagRaise(ctx, db.FlagRaiseParams{
			Kind: booking.FlagProvider, Subject: unreadableEvents,
			Message: fmt.Sprintf("The payment provider has signed events that cannot be read, first %s (%s): %s Nothing was done for them; "+
				"GET /admin/webhooks?outcome=%s lists them.", row.EventID, row.Type, received.unreadable, Unreadable),
		})
	})
	if err != nil {
		return fmt.Errorf("store event: %w", err)
	}
	return nil
}
