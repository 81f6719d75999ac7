package seed

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
)

// filmsAWeek is how many films a screen has in a week.
const filmsAWeek = 5

// lineup is the order in which the screen plays its films on a day. Every week the city's films are shuffled and dealt to
// its screens, so that the screens differ as long as there are enough films; from day to day a screen's films change places.
func (a auditorium) lineup(d day) []*movie {
	week, dayOfWeek := d.cinemaWeek()
	deck := shuffled(a.deck, fmt.Sprintf("%s %d", a.city.id, week))
	films := make([]*movie, 0, filmsAWeek)
	for i := range min(filmsAWeek, len(deck)) {
		films = append(films, deck[(a.hand*filmsAWeek+i)%len(deck)])
	}
	first := dayOfWeek % len(films)
	return append(films[first:len(films):len(films)], films[:first]...)
}

// shuffled orders the films by hash: the same everywhere and for ever, which a random generator does not guarantee.
func shuffled(films []*movie, salt string) []*movie {
	sums := make(map[*movie][sha256.Size]byte, len(films))
	for _, film := range films {
		sums[film] = sha256.Sum256([]byte(salt + " " + film.id))
	}
	order := slices.Clone(films)
	slices.SortFunc(order, func(x, y *movie) int {
		sumX, sumY := sums[x], sums[y]
		return bytes.Compare(sumX[:], sumY[:])
	})
	return order
}

// language is the version in which a show plays its film.
func (a auditorium) language(film *movie, showID string) string {
	versions := film.languagesIn(a.city)
	sum := sha256.Sum256([]byte(showID))
	return versions[int(sum[0])%len(versions)]
}
