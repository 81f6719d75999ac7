package seed

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestPlacesAreComplete(t *testing.T) {
	t.Parallel()
	rooms, err := auditoriums()
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, room := range rooms {
		require.False(t, ids[room.id], "%s twice", room.id)
		ids[room.id] = true
		for _, category := range room.layout.categories() {
			require.Positive(t, room.theatre.prices[category], "%s %s", room.id, category)
		}
		require.Positive(t, priceSteps[room.city.currency], room.city.currency)
		require.GreaterOrEqual(t, len(room.deck), filmsAWeek, room.id)
	}
	for _, c := range cities {
		for _, th := range c.theatres {
			require.True(t, strings.HasPrefix(th.id, "th_"), th.id)
			require.LessOrEqual(t, len(th.screens), 3, th.id)
		}
	}
}

func TestFilmsAreComplete(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	rows := movieRows()
	require.GreaterOrEqual(t, len(rows.Ids), 25)
	for i, title := range rows.Titles {
		require.False(t, titles[title], "%s twice", title)
		titles[title] = true
		require.Regexp(t, `^mv_[a-z0-9-]+$`, rows.Ids[i])
		require.Regexp(t, `^[a-z]{2}$`, rows.Languages[i])
		require.InDelta(t, 150, rows.Runtimes[i], 90, title)
		require.InDelta(t, 1990, rows.Years[i], 50, title)
		require.NotEmpty(t, rows.Genres[i], title)
		require.True(t, strings.HasSuffix(rows.Synopses[i], "."), title)
	}
}

func TestPricesFollowTheDay(t *testing.T) {
	t.Parallel()
	friday, saturday, monday := day(1), day(2), day(4)
	require.Equal(t, time.Friday, friday.date().Weekday())
	matinee, late := at(14, 0), at(20, 0)
	price := func(format string, d day, c clock) int64 { return showPrice(280_00, "INR", format, d, c) }

	require.EqualValues(t, 280_00, price(format2D, monday, late))
	require.EqualValues(t, 210_00, price(format2D, monday, matinee))
	require.EqualValues(t, 210_00, price(format2D, friday, matinee))
	require.EqualValues(t, 340_00, price(format2D, friday, late), "rounded to ten rupees")
	require.EqualValues(t, 340_00, price(format2D, saturday, late))
	require.EqualValues(t, 270_00, price(format2D, saturday, matinee))
	require.EqualValues(t, 310_00, price(format3D, monday, late))
	require.EqualValues(t, 380_00, price(formatIMAX, monday, late))
}

func TestAccountsHaveIdsOfTheirOwn(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for _, account := range Accounts {
		require.Regexp(t, `^us_[a-z0-9]+$`, account.ID())
		ids[account.ID()] = true
		for _, money := range account.Wallets {
			require.Positive(t, money.Amount)
		}
	}
	require.Len(t, ids, len(Accounts))
	require.Equal(t, booking.Money{Amount: 10_000_00, Currency: "INR"}, Accounts[0].Wallets[0])
}
