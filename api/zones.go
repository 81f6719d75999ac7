package api

import "time"

// maxZones is more than there are.
const maxZones = 1000

// zones remembers time zones: loading one reads a file or unpacks it.
type zones struct {
	loaded *cache[string, *time.Location]
}

func newZones() *zones { return &zones{loaded: newCache[string, *time.Location](maxZones)} }

// in puts a time into a theatre's zone, by its IANA name.
func (z *zones) in(at time.Time, name string) (time.Time, error) {
	if zone, ok := z.loaded.get(name); ok {
		return at.In(zone), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.Time{}, err
	}
	return at.In(z.loaded.getOrAdd(name, func() *time.Location { return zone })), nil
}
