package answer

import (
	"errors"

	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// IsUnavailable says whether an error means that a part of the system is away or too slow, so that trying again may help.
func IsUnavailable(err error) bool {
	return db.IsAway(err) || errors.Is(err, engine.ErrUnavailable)
}
