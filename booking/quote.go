package booking

// PriceMode says whether the prices of a theatre include fee and tax.
type PriceMode string

const (
	// PricesAdded exclude fee and tax, which are added.
	PricesAdded PriceMode = "ADDED"
	// PricesInclusive include the fee and the tax: they are what the customer pays.
	PricesInclusive PriceMode = "INCLUSIVE"
)

// TaxRounding says how often the tax of a booking is rounded.
type TaxRounding string

const (
	// TaxBySum rounds the tax once, for the whole booking.
	TaxBySum TaxRounding = "SUM"
	// TaxByLine rounds the tax of each seat with its fee, and then adds it up.
	TaxByLine TaxRounding = "LINE"
)

// Quote is the price of a booking, frozen when its seats are held. All amounts are in the currency's minor unit. Subtotal is the sum
// of the prices that were shown for the seats, and Fees are without tax, in both modes:
//
//	ADDED:     Total = Subtotal - Discount + Fees + Tax
//	INCLUSIVE: Total = Subtotal - Discount, of which Fees and Tax are parts
type Quote struct {
	Currency string `json:"currency"`
	// PriceMode and TaxRounding are the theatre's when the quote was made. They are empty in histories
	// that are older than them, which means ADDED and SUM.
	PriceMode     PriceMode      `json:"priceMode,omitempty"`
	TaxRounding   TaxRounding    `json:"taxRounding,omitempty"`
	Subtotal      int64          `json:"subtotal"`
	Discount      int64          `json:"discount"`
	Fees          int64          `json:"fees"`
	Tax           int64          `json:"tax"`
	Total         int64          `json:"total"`
	AppliedOffers []AppliedOffer `json:"appliedOffers"`
	Seats         []PricedSeat   `json:"seats"`
}

// Due is what the customer pays.
func (q Quote) Due() Money { return Money{Amount: q.Total, Currency: q.Currency} }

// PricedSeat is a seat with its category and the price that was shown for it, in minor units.
type PricedSeat struct {
	Seat     string `json:"seat"`
	Category string `json:"category"`
	Price    int64  `json:"price"`
}

// AppliedOffer is an offer that lowered the price, and by how many minor units.
type AppliedOffer struct {
	Code     string `json:"code"`
	Discount int64  `json:"discount"`
}
