package booking_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func content(kind booking.NoticeKind) booking.NoticeContent {
	return booking.NoticeContent{
		Kind: kind, BookingID: "bk_1", CustomerName: "Asha", MovieTitle: "Sholay", TheatreName: "Regal", TheatreAddress: "Colaba",
		ScreenName: "Screen 1", StartsAt: time.Date(2026, 11, 20, 18, 30, 0, 0, time.FixedZone("IST", 19800)), Seats: []string{"A1", "A2"},
	}
}

func TestReminderSaysWhatWhenAndWhere(t *testing.T) {
	t.Parallel()
	reminder := content(booking.NoticeReminder)
	require.Equal(t, "Reminder: Sholay on 20 November, 18:30", reminder.Subject())
	require.Equal(t, `Dear Asha,

your show begins soon.

  Movie    Sholay
  Theatre  Regal, Colaba
  Screen   Screen 1
  Begins   Friday, 20 November 2026, 18:30 (UTC+05:30)
  Seats    A1 A2
  Booking  bk_1

Your ticket is with your booking. Enjoy the show!
`, reminder.Text())
}

func TestNoticeOfACancelledShowSaysWhereTheMoneyGoes(t *testing.T) {
	t.Parallel()
	cancelled := content(booking.NoticeShowCancelled)
	require.Equal(t, "Cancelled: Sholay on 20 November, 18:30", cancelled.Subject())
	require.Contains(t, cancelled.Text(), "Nothing was charged for these seats.")
	require.Contains(t, cancelled.Text(), "we are sorry: this show has been cancelled and does not take place.\n")
	require.NotContains(t, cancelled.Text(), "your show begins soon")
	cancelled.Refunds = []booking.NoticeRefund{
		{Tender: booking.TenderWallet, Amount: booking.Money{Amount: 10000, Currency: "INR"}},
		{Tender: booking.TenderCard, Amount: booking.Money{Amount: 20200, Currency: "INR"}},
	}
	require.Contains(t, cancelled.Text(), "Everything that you paid for these seats goes back to you:\n\n"+
		"  ₹100.00 to your wallet with us\n  ₹202.00 to the card that you paid with")
}

func TestANoticeOfARefundSaysHowEachPartOfItStands(t *testing.T) {
	t.Parallel()
	changed := content(booking.NoticeRefundChanged)
	amount := booking.Money{Amount: 10000, Currency: "INR"}
	for _, part := range []struct {
		refund booking.NoticeRefund
		says   string
	}{
		{booking.NoticeRefund{Tender: booking.TenderCard, Status: booking.RefundInitiated}, " to the card"},
		{booking.NoticeRefund{Tender: booking.TenderCard, Status: booking.RefundSucceeded, Dispute: ""}, " to the card"},
		{booking.NoticeRefund{Tender: booking.TenderWallet, Status: booking.RefundSucceeded}, " to your wallet"},
		{booking.NoticeRefund{Tender: booking.TenderWallet, Status: booking.RefundFailed, Dispute: "OPEN"}, ", which waits until your bank"},
		{booking.NoticeRefund{Tender: booking.TenderCard, Status: booking.RefundNeedsAttention}, ", which could not be paid to your card"},
		{booking.NoticeRefund{Tender: booking.TenderCard, Status: booking.RefundNeedsAttention, Dispute: "OPEN"}, ", which waits until your bank"},
		{booking.NoticeRefund{Tender: booking.TenderCard, Status: booking.RefundClosed, Dispute: "LOST"}, ", which your bank has given back to you"},
	} {
		part.refund.Amount = amount
		changed.Refunds = []booking.NoticeRefund{part.refund}
		require.Contains(t, changed.Text(), "This is how it stands now:\n\n  ₹100.00"+part.says)
	}
	require.Equal(t, "Your refund: Sholay on 20 November, 18:30", changed.Subject())
	require.Contains(t, changed.Text(), "your refund takes another way than we told you.\n")
}

func TestNoticesOfMovesSayWhatIsNewAndWhatWasBefore(t *testing.T) {
	t.Parallel()
	moved := content(booking.NoticeShowMoved)
	moved.MovedFrom = moved.StartsAt.Add(-90 * time.Minute)
	require.Equal(t, "New time: Sholay on 20 November, 18:30", moved.Subject())
	require.Contains(t, moved.Text(), "  Begins   Friday, 20 November 2026, 18:30 (UTC+05:30)\n  Not      Friday, 20 November 2026, 17:00 (UTC+05:30)\n")
	require.Contains(t, moved.Text(), "Your seats stay the same.")

	seats := content(booking.NoticeSeatsMoved)
	seats.MovedSeats = []string{"B7", "B8"}
	require.Equal(t, "New seats: Sholay on 20 November, 18:30", seats.Subject())
	require.Contains(t, seats.Text(), "  Seats    A1 A2\n  Not      B7 B8\n")
	require.Contains(t, seats.Text(), "What you paid stays the same.")
}

func TestNamesAndTitlesStayOnTheirLines(t *testing.T) {
	t.Parallel()
	evil := content(booking.NoticeReminder)
	evil.MovieTitle, evil.CustomerName = "Sholay\r\nBcc: eve@example.com\r\n", "Asha\n\nSend money\u2028to\x00 Eve"
	require.NotContains(t, evil.Subject(), "\n")
	require.Len(t, strings.Split(evil.Text(), "\n"), len(strings.Split(content(booking.NoticeReminder).Text(), "\n")))
	require.Contains(t, evil.Text(), "Dear Asha Send money to Eve,\n")
}

// Accounts that are older than the rule against links in names get mail, too.
func TestANameIsNoLinkInAMail(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Asha Rao": "Asha Rao", "A. R. Rahman": "A. R. Rahman", "Jr.": "Jr.", "علی\u200cرضا": "علی\u200cرضا",
		"http://evil.example/x": "http: //evil. example/x", "www.evil.example": "www. evil. example", "evil.com": "evil. com", "eve@evil.com": "eve@ evil. com",
		"evil。com": "evil。 com", "mailto:eve": "mailto: eve", "ev\u200bil.\u200bcom": "evil. com", "Mi\u202era": "Mi ra", "a..b": "a. . b",
	} {
		notice := content(booking.NoticeReminder)
		notice.CustomerName = name
		first, _, _ := strings.Cut(notice.Text(), "\n")
		require.Equal(t, "Dear "+want+",", first)
	}
}

// The first and the last character of each range that changes the direction of text separate words; their neighbours do not.
func TestCharactersThatTurnATextAreRemovedFromANotice(t *testing.T) {
	t.Parallel()
	reminder := content(booking.NoticeReminder)
	for sign, kept := range map[rune]bool{
		'\u2029': false, '\u202a': false, '\u202e': false, '\u202f': false, '\u2065': true, '\u2066': false, '\u2069': false, '\u206a': true, '\u2028': false,
	} {
		reminder.ScreenName = "Screen" + string(sign) + "1"
		require.Equal(t, kept, strings.Contains(reminder.Text(), reminder.ScreenName), "%U", sign)
		require.Equal(t, !kept, strings.Contains(reminder.Text(), "Screen 1"), "%U", sign)
	}
}

// Joiners are part of names in Persian and in the languages of India; other invisible characters are not.
func TestAJoinerInANameIsKept(t *testing.T) {
	t.Parallel()
	reminder := content(booking.NoticeReminder)
	for sign, kept := range map[rune]bool{'\u200b': false, '\u200c': true, '\u200d': true, '\u200e': false} {
		reminder.CustomerName = "A" + string(sign) + "b"
		require.Equal(t, kept, strings.Contains(reminder.Text(), "Dear "+reminder.CustomerName+","), "%U", sign)
		require.Equal(t, !kept, strings.Contains(reminder.Text(), "Dear Ab,"), "%U", sign)
	}
}
