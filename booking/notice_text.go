package booking

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// NoticeContent is what the words of a notice are made of.
type NoticeContent struct {
	Kind           NoticeKind
	BookingID      string
	CustomerName   string
	MovieTitle     string
	TheatreName    string
	TheatreAddress string
	ScreenName     string
	// StartsAt is in the theatre's own zone.
	StartsAt time.Time
	// Seats are those that the booking has, or has lost.
	Seats []string
	// Refunds are what goes back because the show was cancelled.
	Refunds []NoticeRefund
}

// NoticeRefund is an amount that goes back, and where to.
type NoticeRefund struct {
	Tender Tender `json:"tender"`
	Amount Money  `json:"amount"`
}

// noticeTime is a time as a notice has it: with the offset of the theatre, for those who read it elsewhere.
const noticeTime = "Monday, 2 January 2006, 15:04 (UTC-07:00)"

// Subject is the notice in one line.
func (c NoticeContent) Subject() string {
	movie, begin := oneLine(c.MovieTitle), c.StartsAt.Format("2 January, 15:04")
	if c.Kind == NoticeShowCancelled {
		return "Cancelled: " + movie + " on " + begin
	}
	return "Reminder: " + movie + " on " + begin
}

// Text is the whole notice. It ends with a line break.
func (c NoticeContent) Text() string {
	var text strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	say("Dear %s,\n", oneLine(c.CustomerName))
	if c.Kind == NoticeShowCancelled {
		say("we are sorry: this show has been cancelled and does not take place.\n")
	} else {
		say("your show begins soon.\n")
	}
	say("  Movie    %s", oneLine(c.MovieTitle))
	say("  Theatre  %s, %s", oneLine(c.TheatreName), oneLine(c.TheatreAddress))
	say("  Screen   %s", oneLine(c.ScreenName))
	say("  Begins   %s", c.StartsAt.Format(noticeTime))
	say("  Seats    %s", strings.Join(c.Seats, " "))
	say("  Booking  %s\n", c.BookingID)
	if c.Kind == NoticeShowCancelled {
		c.sayRefunds(say)
	} else {
		say("Your ticket is with your booking. Enjoy the show!")
	}
	return text.String()
}

func (c NoticeContent) sayRefunds(say func(string, ...any)) {
	if len(c.Refunds) == 0 {
		say("Nothing was charged for these seats. Should a payment have been under way, all of it goes back to where it came from.")
		return
	}
	say("Everything that you paid for these seats goes back to you:\n")
	for _, refund := range c.Refunds {
		where := "to the card that you paid with, which may take your bank some days"
		if refund.Tender == TenderWallet {
			where = "to your wallet with us"
		}
		say("  %s %s", refund.Amount, where)
	}
}

// oneLine keeps a text from becoming more than one line, or a line of its own.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}
