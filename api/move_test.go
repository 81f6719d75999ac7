package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

func moveBody(why string, from, to []string) map[string]any {
	body := map[string]any{"toSeats": to, "reason": why}
	if from != nil {
		body["fromSeats"] = from
	}
	return body
}

func TestABookingIsMovedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	path := admin + "/bookings/bk_1/move"
	b.temporal.onRun = func(options client.StartWorkflowOptions, input any) (any, error) {
		move := must[booking.SeatMove](input)
		require.Equal(t, booking.SeatMoveID("bk_1", ada, "key-00001"), move.MoveID)
		require.Equal(t, booking.MoveSeatsWorkflowID(move.MoveID), options.ID)
		require.Equal(t, []string{"A2"}, move.From)
		require.Equal(t, []string{"B4"}, move.To)
		require.Equal(t, "broken", move.Reason)
		require.Equal(t, "sh_hindi", move.ShowID, "whose customer is told")
		require.Equal(t, ada, move.Actor)
		b.exec("UPDATE booking_seats SET seat = 'B4' WHERE seat = 'A2'")
		b.exec("UPDATE bookings SET seat_labels = '{A1,B4}'")
		b.exec(`INSERT INTO seat_moves (id, booking_id, from_seats, to_seats, request_hash, actor, reason, correlation_id)
		        VALUES ($1, 'bk_1', '{A2}', '{B4}', $2, $3, $4, 'test')`, move.MoveID, move.RequestHash, move.Actor, move.Reason)
		return booking.SeatMoveOutcome{MoveID: move.MoveID}, nil
	}
	for range 2 {
		var move openapi.SeatMove
		b.post(ada, path, "key-00001", moveBody(" broken", []string{"A2"}, []string{"B4"})).is(http.StatusOK, &move)
		require.Equal(t, []string{"A2"}, move.FromSeats)
		require.Equal(t, []string{"B4"}, move.ToSeats)
		require.Equal(t, []string{"A1", "B4"}, move.SeatIds)
		require.Equal(t, "sh_hindi", move.ShowId)
	}
	require.Len(t, b.temporal.starts, 1)
	b.post(ada, path, "key-00001", moveBody("broken", []string{"A2"}, []string{"B5"})).refuses(http.StatusUnprocessableEntity, booking.CodeIdempotencyKeyReused)
	var actions openapi.ActionList
	b.get(ada, admin+"/actions?actor="+ada).is(http.StatusOK, &actions)
	require.Len(t, actions.Actions, 1)
	require.Equal(t, "MOVE_SEATS", actions.Actions[0].Action)
	require.Equal(t, map[string]any{"from": []any{"A2"}, "to": []any{"B4"}}, *actions.Actions[0].Details)
}

func TestMovesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.insert(row{id: "bk_1", status: booking.StatusConfirmed})
	b.insert(row{id: "bk_2", seats: []string{"B1"}})
	path := admin + "/bookings/bk_1/move"
	for field, bodies := range map[string][]map[string]any{
		"reason":    {moveBody("", nil, []string{"B1"}), {"toSeats": []string{"B1"}}},
		"toSeats":   {moveBody("x", nil, []string{}), moveBody("x", nil, []string{"B1", "B1"}), moveBody("x", nil, []string{"?"}), moveBody("x", []string{"A1"}, []string{"B1", "B2"}), {"reason": "x"}},
		"fromSeats": {moveBody("x", []string{}, []string{"B1"}), moveBody("x", []string{"A1", "A1"}, []string{"B1", "B2"})},
	} {
		for _, body := range bodies {
			require.Equal(t, field, b.post(ada, path, "key-00001", body).refuses(http.StatusBadRequest, booking.CodeValidation)["field"], "%v", body)
		}
	}
	good := moveBody("broken", nil, []string{"B1", "B2"})
	require.Equal(t, "Idempotency-Key", b.post(ada, path, "short", good).refuses(http.StatusBadRequest, booking.CodeValidation)["field"])
	b.post(ada, admin+"/bookings/bk_none/move", "key-00001", good).refuses(http.StatusNotFound, booking.CodeNotFound)
	require.Equal(t, "SEATS_LOCKED", b.post(ada, admin+"/bookings/bk_2/move", "key-00001", good).refuses(http.StatusConflict, booking.CodeInvalidState)["status"])
	require.Empty(t, b.temporal.starts)

	refusal := booking.SeatsTaken("sh_hindi", []string{"B1"})
	b.temporal.onRun = func(client.StartWorkflowOptions, any) (any, error) {
		return booking.SeatMoveOutcome{Refusal: refusal}, nil
	}
	require.Equal(t, []any{"B1"}, b.post(ada, path, "key-00001", good).refuses(http.StatusConflict, booking.CodeSeatLockFailed)["unavailableSeatIds"])
	refusal = booking.Refuse(booking.CodeUnavailable, "The seats could not be changed in time.")
	b.post(ada, path, "key-00001", good).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
	b.temporal.onRun = nil
	b.post(ada, path, "key-00001", good).refuses(http.StatusServiceUnavailable, booking.CodeUnavailable)
}
