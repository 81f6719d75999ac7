package seed

// Formats in which a film is shown.
const (
	format2D   = "2D"
	format3D   = "3D"
	formatIMAX = "IMAX"
)

// defaultHold is for how many seconds a theatre holds unpaid seats unless it says otherwise.
const defaultHold = 300

// city is a place with theatres, and the languages that its people want to hear.
type city struct {
	id, name, country string
	timeZone          string // IANA
	currency          string
	taxBasisPoints    int32
	originals         []string // languages of films that are shown there in the original
	dubs              []string // languages that foreign films are dubbed into for this city
	theatres          []theatre
}

type theatre struct {
	id, name, address, area string
	fee                     int64            // per seat, in minor units; part of the price where the law of the country requires it
	prices                  map[string]int64 // of a 2D evening on a weekday by category, in minor units, as they are shown
	opens, lastStart        clock
	holdSeconds             int32 // zero for the default
	screens                 []screen
}

type screen struct {
	name   string
	layout layout
	format string // the best that its projector can show
}
