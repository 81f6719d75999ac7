package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// maxConstant bounds an answer that is to be repeated, in bytes.
const maxConstant = 16 << 20

// constant is an answer that is repeated.
type constant struct {
	header http.Header
	body   []byte
}

// constants are the floor of public reads: answers that were made before.
type constants struct {
	mu    sync.RWMutex
	known map[string]constant
}

func (k *constants) routes(e *echo.Echo) {
	e.PUT("/constants/:name", k.keep)
	e.GET("/constants/:name", k.give)
}

// keep takes an answer with its headers.
func (k *constants) keep(c echo.Context) error {
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, maxConstant))
	if err != nil {
		return err
	}
	header := c.Request().Header.Clone()
	for _, ofRequests := range []string{echo.HeaderContentLength, echo.HeaderAcceptEncoding, "User-Agent"} {
		header.Del(ofRequests)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]constant{}
	}
	k.known[c.Param("name")] = constant{header: header, body: body}
	return c.NoContent(http.StatusNoContent)
}

func (k *constants) give(c echo.Context) error {
	k.mu.RLock()
	answer, ok := k.known[c.Param("name")]
	k.mu.RUnlock()
	if !ok {
		return echo.ErrNotFound
	}
	maps.Copy(c.Response().Header(), answer.header)
	return c.Blob(http.StatusOK, answer.header.Get(echo.HeaderContentType), answer.body)
}

// owned is what is read of a claim.
type owned struct {
	ShowID    string `json:"showId"`
	Seat      string `json:"seat"`
	BookingID string `json:"bookingId"`
	State     string `json:"state"`
}

// readClaim is the floor of a refusal: one indexed read.
func readClaim(pool *pgxpool.Pool) echo.HandlerFunc {
	return func(c echo.Context) error {
		rows, err := pool.Query(c.Request().Context(),
			`SELECT show_id, seat, booking_id, state FROM claims WHERE show_id = $1 AND seat = $2`, c.Param("show"), c.Param("seat"))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[owned])
		if err != nil {
			return err
		}
		return c.JSON(http.StatusConflict, found)
	}
}

// apiAddress is where the API listens, for a wire.
func (s *system) apiAddress() string { return strings.TrimPrefix(s.APIURL(), "http://") }

// address is where the floor server listens, for a wire.
func (f *floorServer) address() string { return strings.TrimPrefix(f.url, "http://") }

// repeat has the floor server answer to a name with the headers and the body that the server at an address gives to a request.
func (f *floorServer) repeat(ctx context.Context, address, name string, asked []byte) error {
	header, body, err := fetch(ctx, address, asked)
	if err != nil {
		return fmt.Errorf("read what %s is: %w", name, err)
	}
	kept, err := http.NewRequestWithContext(ctx, http.MethodPut, f.url+"/constants/"+name, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for _, itsOwn := range []string{"Date", echo.HeaderContentLength, "Transfer-Encoding"} {
		header.Del(itsOwn)
	}
	kept.Header = header
	answer, err := http.DefaultClient.Do(kept)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the floor does not keep %s: %s", name, answer.Status)
	}
	return nil
}
