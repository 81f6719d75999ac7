// This program buys two seats in a city for a day, with a client that has been generated from the contract of a running system:
//
//	oapi-codegen -generate types,client -package boxoffice -o boxoffice/client.gen.go $BOXOFFICE_API_URL/openapi.yaml
//	go run . london 2026-12-24
//
// BOXOFFICE_EMAIL and BOXOFFICE_PASSWORD are those of a customer whose wallet has enough money. The program prints the id of the booking.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"example.com/tickets/boxoffice"
)

// wanted is how many seats are bought.
const wanted = 2

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "name a city and a day")
		os.Exit(2)
	}
	id, err := buy(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(id)
}

func buy(ctx context.Context, city, day string) (bookingID string, err error) {
	api, err := logIn(ctx)
	if err != nil {
		return "", err
	}
	show, seats, err := freeSeats(ctx, api, city, day)
	if err != nil {
		return "", err
	}
	request := boxoffice.CreateBookingRequest{ShowId: show, SeatIds: seats}
	held, err := api.CreateBookingWithResponse(ctx, &boxoffice.CreateBookingParams{IdempotencyKey: uuid.NewString()}, request)
	if err != nil {
		return "", err
	}
	if held.JSON201 == nil {
		return "", unexpected("hold the seats", held.Status(), held.Body)
	}
	id := held.JSON201.BookingId

	// Refusals have a type, too: our own seats are not free for a second booking.
	again, err := api.CreateBookingWithResponse(ctx, &boxoffice.CreateBookingParams{IdempotencyKey: uuid.NewString()}, request)
	if err != nil {
		return "", err
	}
	if refused := again.JSON409; refused == nil || refused.Error.Code != boxoffice.ErrorCodeCONFLICT || refused.Error.Details == nil || (*refused.Error.Details)["bookingId"] != id {
		return "", unexpected("hold the same seats again", again.Status(), again.Body)
	}

	wallet := boxoffice.PaymentMethodWALLET
	paid, err := api.CreatePaymentWithResponse(ctx, id, &boxoffice.CreatePaymentParams{IdempotencyKey: uuid.NewString()},
		boxoffice.CreatePaymentRequest{Method: &wallet})
	if err != nil {
		return "", err
	}
	if paid.JSON201 == nil {
		return "", unexpected("pay", paid.Status(), paid.Body)
	}
	booking, err := api.GetBookingWithResponse(ctx, id, nil)
	if err != nil {
		return "", err
	}
	if booking.JSON200 == nil || booking.JSON200.Status != boxoffice.BookingStatusCONFIRMED || booking.JSON200.Ticket == nil || len(booking.JSON200.Ticket.SeatIds) != wanted {
		return "", unexpected("read the booking", booking.Status(), booking.Body)
	}
	return id, nil
}

func logIn(ctx context.Context) (*boxoffice.ClientWithResponses, error) {
	server := os.Getenv("BOXOFFICE_API_URL")
	visitor, err := boxoffice.NewClientWithResponses(server)
	if err != nil {
		return nil, err
	}
	session, err := visitor.LoginWithResponse(ctx, nil, boxoffice.LoginRequest{Email: os.Getenv("BOXOFFICE_EMAIL"), Password: os.Getenv("BOXOFFICE_PASSWORD")})
	if err != nil {
		return nil, err
	}
	if session.JSON200 == nil {
		return nil, unexpected("log in", session.Status(), session.Body)
	}
	token := session.JSON200.AccessToken
	return boxoffice.NewClientWithResponses(server, boxoffice.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
}

// freeSeats finds a show of any film, and neighbours that are free in it.
func freeSeats(ctx context.Context, api *boxoffice.ClientWithResponses, city, day string) (show string, seats []string, err error) {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "", nil, err
	}
	movies, err := api.ListCityMoviesWithResponse(ctx, city, nil)
	if err != nil {
		return "", nil, err
	}
	if movies.JSON200 == nil {
		return "", nil, unexpected("list the films", movies.Status(), movies.Body)
	}
	for _, movie := range movies.JSON200.Movies {
		shows, err := api.ListShowsWithResponse(ctx, city, movie.MovieId, &boxoffice.ListShowsParams{Date: &types.Date{Time: date}})
		if err != nil {
			return "", nil, err
		}
		if shows.JSON200 == nil {
			return "", nil, unexpected("list the shows", shows.Status(), shows.Body)
		}
		for _, theatre := range shows.JSON200.Theatres {
			for _, show := range theatre.Shows {
				seats, err := freeSeatsOf(ctx, api, show.ShowId)
				if err != nil || seats != nil {
					return show.ShowId, seats, err
				}
			}
		}
	}
	return "", nil, errors.New("no show has free seats side by side")
}

func freeSeatsOf(ctx context.Context, api *boxoffice.ClientWithResponses, show string) ([]string, error) {
	plan, err := api.GetSeatMapWithResponse(ctx, show, nil)
	if err != nil {
		return nil, err
	}
	if plan.JSON200 == nil {
		return nil, unexpected("read the seat map", plan.Status(), plan.Body)
	}
	for _, row := range plan.JSON200.SeatMap.Rows {
		var free []string
		for _, seat := range row.Seats {
			if seat.Status != boxoffice.SeatAvailable || seat.Wheelchair {
				free = nil
				continue
			}
			if free = append(free, seat.SeatId); len(free) == wanted {
				return free, nil
			}
		}
	}
	return nil, nil
}

func unexpected(step, status string, body []byte) error {
	return fmt.Errorf("%s: %s: %s", step, status, body)
}
