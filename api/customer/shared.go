package customer

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/coalesce"
)

// How many bodies are kept at most, and how many bytes they may have together.
const (
	maxPages, maxPageBytes       = 1_000, 8 << 20
	maxSeatMaps, maxSeatMapBytes = 500, 16 << 20
)

// showPage begins the key of the page of a show.
const showPage = "show"

// sharedBodies are bodies that everybody gets who asks the same. Nothing of theirs may depend on who asks.
func sharedBodies(options Options, age time.Duration, most, mostBytes int) *coalesce.Same[[]byte] {
	return coalesce.NewSame(options.ReadPatience, answer.IsUnavailable, coalesce.Keeping[[]byte]{
		Age: age, Most: most, MostBytes: mostBytes, Now: options.Now, Size: func(body []byte) int { return cap(body) },
	})
}

// answerShared answers with a page that everybody gets who asks the same.
func (h *Handlers) answerShared(c echo.Context, read func(context.Context) (any, error), key ...string) error {
	return answerWith(c, h.pages, pageKey(key...), func(ctx context.Context) ([]byte, error) {
		view, err := read(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(view)
	})
}

// answerWith answers with one of the bodies that are shared.
func answerWith(c echo.Context, shared *coalesce.Same[[]byte], key string, read func(context.Context) ([]byte, error)) error {
	body, err := shared.Get(c.Request().Context(), key, read)
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, body)
}

// pageKey names a page by all that it depends on.
func pageKey(parts ...string) string { return strings.Join(parts, "\x00") }

// seatsChanged has a caller whose request has changed seats of a show see that when he looks next. Lists of shows may be as old as
// for everybody else.
func (h *Handlers) seatsChanged(showID string) {
	h.seatMaps.Forget(showID)
	h.pages.Forget(pageKey(showPage, showID))
}
