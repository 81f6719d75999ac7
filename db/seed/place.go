package seed

// Formats in which a film is shown.
const (
	format2D   = "2D"
	format3D   = "3D"
	formatIMAX = "IMAX"
)

// houseHold is how long a theatre holds unpaid seats unless it says otherwise.
const defaultHold = 300

// city is a place with theatres, and what its people like to hear.
type city struct {
	id, name, country string
	timeZone          string // IANA
	currency          string
	taxBasisPoints    int32
	originals         []string // languages of films that come to town as they were made
	dubs              []string // languages that films of elsewhere are dubbed into for this town
	theatres          []theatre
}

type theatre struct {
	id, name, address string
	fee               int64            // per seat, in minor units; a part of the price where the law of the country wants it so
	prices            map[string]int64 // of a 2D evening in the week by category, in minor units, as they are shown
	opens, lastStart  clock
	holdSeconds       int32 // zero for the default
	screens           []screen
}

type screen struct {
	name   string
	layout layout
	format string // the best that its projector can show
}
