package booking

// Quote is the price of a booking, frozen when its seats are held. All amounts are in the currency's minor unit;
// Total = Subtotal - Discount + Fees + Tax.
type Quote struct {
	Currency      string         `json:"currency"`
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

// PricedSeat is a seat with its category and list price in minor units.
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
