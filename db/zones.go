package db

import (
	"fmt"
	"sync"
	"time"
)

// zones remembers time zones by their IANA names: loading one reads a file or unpacks it. There are some six hundred.
var zones sync.Map

// LocalTime puts a time into the zone of a theatre, by its IANA name.
func LocalTime(at time.Time, zone string) (time.Time, error) {
	if known, ok := zones.Load(zone); ok {
		return at.In(known.(*time.Location)), nil //nolint:errcheck,forcetypeassert // nothing else is in it
	}
	loaded, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("time zone of a theatre: %w", err)
	}
	zones.Store(zone, loaded)
	return at.In(loaded), nil
}
