package booking

// PriceMode says what the prices of a theatre hold.
type PriceMode string

const (
	// PricesAdded are without fee and tax, which come on top.
	PricesAdded PriceMode = "ADDED"
	// PricesInclusive are what is paid: they hold the fee and the tax.
	PricesInclusive PriceMode = "INCLUSIVE"
)

// TaxRounding says how often the tax of a booking is rounded.
type TaxRounding string

const (
	// TaxBySum is rounded once, for the booking.
	TaxBySum TaxRounding = "SUM"
	// TaxByLine is rounded for each seat with its fee, and then added up.
	TaxByLine TaxRounding = "LINE"
)

// Quote is the price of a booking, frozen when its seats are held. All amounts are in the currency's minor unit. Subtotal is the sum
// of the prices that were shown for the seats, and Fees are without tax, in both modes:
//
//	ADDED:     Total = Subtotal - Discount + Fees + Tax
//	INCLUSIVE: Total = Subtotal - Discount, of which Fees and Tax are parts
type Quote struct {
	Currency string `json:"currency"`
	// PriceMode and TaxRounding are the theatre's on that day. They are empty in histories of before there were any, which is ADDED and SUM.
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
