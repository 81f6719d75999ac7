package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/booking"
)

const notAnObject = "The body is not a JSON object that can be read."

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
	if string(bytes.TrimSpace(body)) == "null" { // encoding/json takes it for an object without fields
		return malformed("", notAnObject)
	}
	if err := checkFields(body, target); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
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
		return malformed(wrongType.Field, wrongType.Field+" must be "+typeWord(wrongType)+".")
	}
	// encoding/json has no type for this error.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return unknownField(strings.Trim(name, `"`))
	}
	return malformed("", notAnObject)
}

// typeWord says what a field should have held.
func typeWord(wrong *json.UnmarshalTypeError) string {
	switch wrong.Type.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number, and not too long"
	case reflect.String: // it may also be within a list, of which the error does not tell
		return "text, and not " + strings.Fields(wrong.Value)[0]
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	default:
		return "of another type"
	}
}

// shortened bounds what is repeated to the caller, or kept, of a text of any length.
func shortened(text string) string {
	const most = 64
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}
