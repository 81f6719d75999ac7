package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/booking"
)

// maxBody is how many bytes the body of a request may have.
const maxBody = 64 << 10

// decode reads the one JSON object of a request into target. Errors say what cannot be read, and where.
func decode(c echo.Context, target any) error {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return &failure{
			status:  http.StatusUnsupportedMediaType,
			refusal: booking.InvalidField(echo.HeaderContentType, "The Content-Type must be application/json."),
		}
	}
	body, err := readBody(c, maxBody)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return unreadable(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformed("", "The body must be one JSON object and nothing after it.")
	}
	return nil
}

// decodeOptional is decode for a request that may do without a body; then target stays as it is.
func decodeOptional(c echo.Context, target any) error {
	request := c.Request()
	body := bufio.NewReader(request.Body)
	if _, err := body.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	request.Body = struct {
		io.Reader
		io.Closer
	}{body, request.Body}
	return decode(c, target)
}

// readBody reads at most limit bytes and refuses a longer body.
func readBody(c echo.Context, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, limit))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, &failure{
			status:  http.StatusRequestEntityTooLarge,
			refusal: booking.Refuse(booking.CodeValidation, "The body is too long.").With("maxBytes", limit),
		}
	case err != nil:
		return nil, malformed("", "The body ended early.")
	}
	return body, nil
}

func unreadable(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return malformed(wrongType.Field, wrongType.Field+" has the wrong type.")
	}
	// encoding/json has no type for this error.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = shortened(strings.Trim(name, `"`))
		return malformed(name, "This request has no field \""+name+"\".")
	}
	return malformed("", "The body is not a JSON object that can be read.")
}

// shortened bounds what is repeated to the caller, or kept, of a text of any length.
func shortened(text string) string {
	const most = 64
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}
