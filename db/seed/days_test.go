package seed

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// oddDays are days on which calendars surprise, and a Monday. `.ci/run` runs whole systems on some of them.
var oddDays = []day{
	dayOn(2026, time.October, 25), // London and Berlin put their clocks back
	dayOn(2026, time.November, 1), // New York does
	dayOn(2026, time.November, 30),
	dayOn(2026, time.December, 31), dayOn(2027, time.January, 1),
	dayOn(2027, time.February, 28), dayOn(2027, time.March, 1), // a Monday
	dayOn(2027, time.March, 14), // New York puts its clocks forward
	dayOn(2027, time.March, 28), // London and Berlin do
	dayOn(2028, time.February, 28), dayOn(2028, time.February, 29), dayOn(2028, time.March, 1),
	dayOn(2100, time.February, 28), dayOn(2100, time.March, 1), // no leap year
}

// Every city has shows on each of the next days, in its own time zone, whatever the hour at which somebody asks.
func TestEveryCityPlaysOnEveryDayAhead(t *testing.T) {
	t.Parallel()
	all := rooms(t)
	for _, odd := range oddDays {
		for today := odd - daysAhead; today <= odd; today++ {
			for _, c := range []clock{at(0, 0), at(0, 59), at(2, 30), at(12, 0), at(23, 59)} {
				now := today.at(c, time.UTC)
				playing := map[string]map[day]bool{}
				for _, s := range upcoming(all, now) {
					if playing[s.room.city.id] == nil {
						playing[s.room.city.id] = map[day]bool{}
					}
					playing[s.room.city.id][dayOf(s.starts, s.room.zone)] = true
				}
				for _, city := range cities {
					for ahead := day(1); ahead < daysAhead-1; ahead++ {
						require.True(t, playing[city.id][dayOf(now, time.UTC)+ahead], "%s, %d days after %s", city.id, ahead, now)
					}
				}
			}
		}
	}
}

// Any two evenings for two cost less than the wallet of the first demo account has: README and the demo spend it.
func TestAWalletLastsForTwoEveningsOnAnyDay(t *testing.T) {
	t.Parallel()
	money := map[string]int64{}
	for _, wallet := range Accounts[0].Wallets {
		money[wallet.Currency] = wallet.Amount
	}
	first := dayOn(2026, time.October, 1)
	for _, room := range rooms(t) {
		for d := first; d < first+500; d++ {
			for _, s := range room.shows(d) {
				for _, price := range s.prices {
					seat := price.amount + room.theatre.fee
					seat += seat * int64(room.city.taxBasisPoints) / 10000
					require.LessOrEqual(t, 4*seat, money[room.city.currency], "%s at %s", room.id, s.starts)
				}
			}
		}
	}
	require.Contains(t, Accounts[0].Wallets, booking.Money{Amount: 200_00, Currency: "GBP"})
}
