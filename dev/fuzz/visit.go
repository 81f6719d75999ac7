package main

import (
	"context"
	"errors"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
	"github.com/boxoffice/boxoffice/dev/customer"
)

const (
	// visits is how many customers who do everything right come along during a run.
	visits = 10
	// visitor pays from a full wallet in visitedCity. The drawn requests of customers are in the same name, so they may interfere.
	visitor, visitedCity = "asha@example.com", "mumbai"
)

// everyday are the operations that buying a ticket needs, and those that succeed whenever they are asked. Drawn requests do not get as far as each of
// the former; a visit does.
var everyday = []string{
	"login", "listCityMovies", "listShows", "getShow", "getSeatMap", "createBooking", "createPayment", "getBooking", "cancelBooking", "getWallet",
	"listCities", "listMovies", "listBookings", "listWalletTransactions", "createTopUp", "receivePaymentEvent",
}

// visit buys a seat as a customer does, and gives it back. An error is no finding: others may have cancelled the show or taken the seat meanwhile.
func (s *system) visit(ctx context.Context, key string, found *findings) error {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	guest, err := customer.New(s.APIURL(), s.StripeURL()).Login(ctx, visitor, seed.Password)
	if err != nil {
		return err
	}
	found.worked("login")
	show, err := guest.FindShow(ctx, visitedCity, "")
	if err != nil {
		return err
	}
	found.worked("listCityMovies", "listShows", "getShow")
	seats, err := guest.FreeSeats(ctx, show.ShowId, 1)
	if err != nil {
		return err
	}
	found.worked("getSeatMap")
	if len(seats) == 0 {
		return errors.New("the show is sold out")
	}
	held, err := guest.Book(ctx, key+"-book", show.ShowId, seats...)
	if err != nil {
		return err
	}
	found.worked("createBooking")
	if _, err := guest.Pay(ctx, key+"-pay", held.BookingId, booking.MethodWallet); err != nil {
		return err
	}
	found.worked("createPayment")
	if _, err := guest.Booking(ctx, held.BookingId); err != nil {
		return err
	}
	found.worked("getBooking")
	if _, err := guest.Cancel(ctx, held.BookingId); err != nil {
		return err
	}
	found.worked("cancelBooking")
	if _, err := guest.Wallet(ctx); err != nil {
		return err
	}
	found.worked("getWallet")
	return nil
}
