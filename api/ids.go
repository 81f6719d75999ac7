package api

import (
	"regexp"
	"sync"
	"time"
)

// idPattern is what every id of the system looks like. What does not is unknown, and never reaches PostgreSQL.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// isID says whether text can be the id of anything.
func isID(text string) bool { return idPattern.MatchString(text) }

// zones remembers time zones: loading one reads a file or unpacks it.
type zones struct{ loaded sync.Map }

// in puts a time into a theatre's zone, by its IANA name.
func (z *zones) in(at time.Time, name string) (time.Time, error) {
	if zone, ok := z.loaded.Load(name); ok {
		return at.In(zone.(*time.Location)), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.Time{}, err
	}
	z.loaded.Store(name, zone)
	return at.In(zone), nil
}
