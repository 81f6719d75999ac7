package booking

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// NoticeContent is what the text of a notice is made of.
type NoticeContent struct {
	Kind           NoticeKind
	BookingID      string
	CustomerName   string
	MovieTitle     string
	TheatreName    string
	TheatreAddress string
	ScreenName     string
	// StartsAt is in the theatre's own time zone, and so is MovedFrom: the start that the customer knew of.
	StartsAt, MovedFrom time.Time
	// Seats are those that the booking has, or has lost. MovedSeats are those that an operator has replaced.
	Seats, MovedSeats []string
	// Refunds are what goes back because the show was cancelled, or the parts of the refund that goes another way.
	Refunds []NoticeRefund
}

// NoticeRefund is an amount that goes back, where it goes, and its status.
type NoticeRefund struct {
	Tender Tender       `json:"tender"`
	Status RefundStatus `json:"status"`
	// Dispute is OPEN while the customer's bank decides about the charge, and LOST when the bank has given the money back.
	Dispute string `json:"dispute"`
	Amount  Money  `json:"amount"`
}

// where says where the amount goes; its text follows the amount directly.
func (r NoticeRefund) where() string {
	switch {
	case r.Status == RefundClosed:
		return ", which your bank has given back to you: it decided your dispute of this payment, and nothing more comes from us"
	case r.Status != RefundSucceeded && r.Dispute == "OPEN":
		return ", which waits until your bank has decided about your dispute of this payment"
	case r.Status == RefundNeedsAttention:
		return ", which could not be paid to your card: we look for another way, and tell you then"
	case r.Tender == TenderWallet:
		return " to your wallet with us"
	default:
		return " to the card that you paid with, which may take your bank some days"
	}
}

// noticeTime is the format of a time in a notice: with the theatre's offset, for those who read it elsewhere.
const noticeTime = "Monday, 2 January 2006, 15:04 (UTC-07:00)"

// Subject is the notice in one line.
func (c NoticeContent) Subject() string {
	movie, begin := oneLine(c.MovieTitle), c.StartsAt.Format("2 January, 15:04")
	switch c.Kind {
	case NoticeShowCancelled:
		return "Cancelled: " + movie + " on " + begin
	case NoticeShowMoved:
		return "New time: " + movie + " on " + begin
	case NoticeSeatsMoved:
		return "New seats: " + movie + " on " + begin
	case NoticeRefundChanged:
		return "Your refund: " + movie + " on " + begin
	case NoticeReminder:
	}
	return "Reminder: " + movie + " on " + begin
}

// opening and closing are how a notice begins and ends. A notice of a cancelled show or of a changed refund ends with what goes back.
var (
	opening = map[NoticeKind]string{
		NoticeReminder:      "your show begins soon.",
		NoticeShowCancelled: "we are sorry: this show has been cancelled and does not take place.",
		NoticeShowMoved:     "this show begins at another time than you know.",
		NoticeSeatsMoved:    "we are sorry: we had to give you other seats.",
		NoticeRefundChanged: "your refund takes another way than we told you.",
	}
	closing = map[NoticeKind]string{
		NoticeReminder:   "Your ticket is with your booking. Enjoy the show!",
		NoticeShowMoved:  "Your seats stay the same. Your ticket is with your booking.",
		NoticeSeatsMoved: "What you paid stays the same. Your ticket, which is with your booking, names the new seats.",
	}
)

// Text is the whole notice. It ends with a line break.
func (c NoticeContent) Text() string {
	var text strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	say("Dear %s,\n", unlinked(oneLine(c.CustomerName)))
	say("%s\n", opening[c.Kind])
	say("  Movie    %s", oneLine(c.MovieTitle))
	say("  Theatre  %s, %s", oneLine(c.TheatreName), oneLine(c.TheatreAddress))
	say("  Screen   %s", oneLine(c.ScreenName))
	say("  Begins   %s", c.StartsAt.Format(noticeTime))
	if c.Kind == NoticeShowMoved {
		say("  Not      %s", c.MovedFrom.Format(noticeTime))
	}
	say("  Seats    %s", strings.Join(c.Seats, " "))
	if c.Kind == NoticeSeatsMoved {
		say("  Not      %s", strings.Join(c.MovedSeats, " "))
	}
	say("  Booking  %s\n", c.BookingID)
	switch c.Kind {
	case NoticeShowCancelled:
		c.sayRefunds(say)
	case NoticeRefundChanged:
		say("This is how it stands now:\n")
		c.sayWhere(say)
	case NoticeReminder, NoticeShowMoved, NoticeSeatsMoved:
		say("%s", closing[c.Kind])
	}
	return text.String()
}

func (c NoticeContent) sayRefunds(say func(string, ...any)) {
	if len(c.Refunds) == 0 {
		say("Nothing was charged for these seats. Should a payment have been under way, all of it goes back to where it came from.")
		return
	}
	say("Everything that you paid for these seats goes back to you:\n")
	c.sayWhere(say)
}

func (c NoticeContent) sayWhere(say func(string, ...any)) {
	for _, refund := range c.Refunds {
		say("  %s%s", refund.Amount, refund.where())
	}
}

// oneLine keeps a text from becoming more than one line, and from changing the direction of what follows it.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	}), " ")
}

// unlinked keeps mail programs from making links of what a stranger may have written, in an account that is older
// than the rule against links: a full stop, colon or at sign that is followed by a space does not make a link.
func unlinked(text string) string {
	var kept strings.Builder
	parted := false
	for _, r := range text {
		if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			continue
		}
		if parted && !unicode.IsSpace(r) {
			kept.WriteByte(' ')
		}
		kept.WriteRune(r)
		parted = strings.ContainsRune(".:@。．｡：＠", r)
	}
	return kept.String()
}
