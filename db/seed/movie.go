package seed

import "slices"

// movie is a film with the facts of its original release.
type movie struct {
	id, title string
	year      int32
	runtime   int32 // minutes
	language  string
	genres    []string
	dubs      []string // other languages in which it came to cinemas
	formats   []string // in which it was released besides 2D
	synopsis  string
}

// languagesIn lists the versions that a city plays, the original first.
func (m movie) languagesIn(c *city) []string {
	var all []string
	if slices.Contains(c.originals, m.language) {
		all = append(all, m.language)
	}
	for _, dub := range m.dubs {
		if slices.Contains(c.dubs, dub) {
			all = append(all, dub)
		}
	}
	return all
}

// formatOn is how the film is shown by a projector.
func (m movie) formatOn(projector string) string {
	if slices.Contains(m.formats, projector) {
		return projector
	}
	return format2D
}
