// Package request reads what every request has: its body, its page of a list, its keys and ids. What cannot be read is an *answer.Failure. It is
// shared by all faces for JSON.
package request

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

	"github.com/boxoffice/boxoffice/api/answer"
	"github.com/boxoffice/boxoffice/booking"
)

const notAnObject = "The body is not a JSON object that can be read."

// maxBody is how many bytes the body of a request may have.
const maxBody = 64 << 10

// Decode reads the one JSON object of a request into target. Errors say what cannot be read, and where.
func Decode(c echo.Context, target any) error {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON {
		return &answer.Failure{
			Status:  http.StatusUnsupportedMediaType,
			Refusal: booking.InvalidField(echo.HeaderContentType, "The Content-Type must be application/json."),
		}
	}
	body, err := ReadBody(c, maxBody)
	if err != nil {
		return err
	}
	if string(bytes.TrimSpace(body)) == "null" { // encoding/json takes it for an object without fields
		return answer.Malformed("", notAnObject)
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
		return answer.Malformed("", "The body must be one JSON object and nothing after it.")
	}
	return nil
}

// DecodeOptional is decode for a request that may do without a body; then target stays as it is.
func DecodeOptional(c echo.Context, target any) error {
	request := c.Request()
	body := bufio.NewReader(request.Body)
	if _, err := body.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	request.Body = struct {
		io.Reader
		io.Closer
	}{body, request.Body}
	return Decode(c, target)
}

// ReadBody reads at most limit bytes and refuses a longer body.
func ReadBody(c echo.Context, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, limit))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, &answer.Failure{
			Status:  http.StatusRequestEntityTooLarge,
			Refusal: booking.Refuse(booking.CodeValidation, "The body is too long.").With("maxBytes", limit),
		}
	case err != nil:
		return nil, answer.Malformed("", "The body ended early.")
	}
	return body, nil
}

func unreadable(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return answer.Malformed(wrongType.Field, wrongType.Field+" must be "+typeWord(wrongType)+".")
	}
	// encoding/json has no type for this error.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return unknownField(strings.Trim(name, `"`))
	}
	return answer.Malformed("", notAnObject)
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
