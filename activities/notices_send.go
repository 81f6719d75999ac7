package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/notify"
)

const (
	// mailBatch is how many notices go over one connection.
	mailBatch = 100
	// mailClaim is how long a batch belongs to its sender, and mailWithin how long after claiming the sender may begin to send
	// a message of it. The difference is more than what a single message takes, so that two senders never have the same notice.
	mailClaim  = 4 * time.Minute
	mailWithin = time.Minute
	// mailRun is how long one step goes on sending. The workflow then starts another.
	mailRun = 10 * time.Minute
	// mailAttempts is how often a message that the server defers is tried, and mailPause the first pause
	// between two tries; it doubles. The last try is about two hours after the first.
	mailAttempts = 8
	mailPause    = time.Minute
	// mailThrottle is how many messages in a row the server may defer before it is left alone for a while.
	mailThrottle = 10
	// mailNote bounds recording what became of a message, which has to be done even when the step is being stopped.
	mailNote = 5 * time.Second
)

// Types of the application errors of sending, and codes of notices that were never sent.
const (
	typeMailUnavailable = "MailServerUnavailable"
	codeMailOff         = "MAIL_OFF"
	// codeMailUnknown replaces a code that a mailer should not have returned, because it may quote an address.
	codeMailUnknown = "UNKNOWN"
)

// SendNotices sends the notices of a show that can be sent now, each by the sender that has claimed it, and returns how
// all of them stand. Notices that have become useless are skipped. An error means that the mail server is unreachable.
func (n *Notifier) SendNotices(ctx context.Context, req booking.NotifyShowRequest) (booking.NoticesStanding, error) {
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go heartbeat(beating)
	for began, more := time.Now(), true; more && time.Since(began) < mailRun; {
		if err := n.drop(ctx, req); err != nil {
			return booking.NoticesStanding{}, classify(fmt.Errorf("drop notices of show %s: %w", req.ShowID, err))
		}
		var err error
		if more, err = n.sendBatch(ctx, req); err != nil {
			return booking.NoticesStanding{}, classifyMail(err)
		}
	}
	standing, err := db.New(n.pool).NoticesStanding(ctx, db.NoticesStandingParams{ShowID: req.ShowID, Kind: req.Kind})
	if err != nil {
		return booking.NoticesStanding{}, classify(fmt.Errorf("count notices of show %s: %w", req.ShowID, err))
	}
	return booking.NoticesStanding{
		Sent: int(standing.Sent), Failed: int(standing.Failed), Skipped: int(standing.Skipped), Pending: int(standing.Pending),
		NextTry: max(0, time.Duration(standing.NextTrySeconds*float64(time.Second))),
	}, nil
}

func (n *Notifier) drop(ctx context.Context, req booking.NotifyShowRequest) error {
	q := db.New(n.pool)
	err := q.NoticesDrop(ctx, db.NoticesDropParams{
		ShowID: req.ShowID, Kind: req.Kind, PatienceSeconds: booking.NoticePatience.Seconds(),
	})
	if err != nil || n.mailer != nil {
		return err
	}
	return q.NoticesSkip(ctx, db.NoticesSkipParams{ShowID: req.ShowID, Kind: req.Kind, FailureCode: codeMailOff})
}

// batch is what a sender has claimed.
type batch struct {
	ids     []string
	until   time.Time
	claimed time.Time
}

// sendBatch sends the next notices over one connection. It says whether it makes sense to go on.
func (n *Notifier) sendBatch(ctx context.Context, req booking.NotifyShowRequest) (more bool, err error) {
	b, err := n.claim(ctx, req)
	if err != nil || len(b.ids) == 0 {
		return false, err
	}
	tried := 0
	defer func() { err = errors.Join(err, n.release(ctx, b, tried)) }()
	contents, err := db.New(n.pool).NoticeContents(ctx, b.ids)
	if err != nil {
		return false, err
	}
	b.ids = idsOf(contents)
	session, err := n.mailer.Open(ctx)
	if err != nil {
		return false, err
	}
	defer session.Close()
	deferred := 0
	for _, content := range contents {
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case time.Since(b.claimed) >= mailWithin:
			return true, nil
		case content.Kind == booking.NoticeReminder && !time.Now().Before(content.StartsAt):
			return false, nil // the next run drops it
		}
		tried++
		wasDeferred, err := n.send(ctx, session, b, content)
		if err != nil {
			return false, err
		}
		if deferred++; !wasDeferred {
			deferred = 0
		}
		if deferred == mailThrottle {
			return false, nil
		}
	}
	return true, nil
}

func (n *Notifier) claim(ctx context.Context, req booking.NotifyShowRequest) (batch, error) {
	b := batch{claimed: time.Now()}
	rows, err := db.New(n.pool).NoticesClaim(ctx, db.NoticesClaimParams{
		ShowID: req.ShowID, Kind: req.Kind, Most: mailBatch, LeaseSeconds: mailClaim.Seconds(),
	})
	for _, row := range rows {
		b.ids, b.until = append(b.ids, row.ID), row.NextTryAt
	}
	return b, err
}

// release gives the notices that were not tried back at once. What cannot be given back becomes free when the claim ends.
func (n *Notifier) release(ctx context.Context, b batch, tried int) error {
	if tried == len(b.ids) {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailNote)
	defer cancel()
	return db.New(n.pool).NoticesRelease(ctx, db.NoticesReleaseParams{Ids: b.ids[tried:], ClaimedUntil: b.until})
}

// send sends one notice and records what became of it. An error is one that concerns the other notices as well.
func (n *Notifier) send(ctx context.Context, session notify.Session, b batch, row db.NoticeContentsRow) (deferred bool, err error) {
	zone, err := time.LoadLocation(row.TimeZone)
	if err != nil {
		return false, fmt.Errorf("time zone of notice %s: %w", row.ID, err)
	}
	content, err := row.Content(zone)
	if err != nil {
		return false, err
	}
	subject, words := content.Subject(), content.Text()
	sendErr := session.Send(notify.Message{ID: row.ID, To: row.Email, Subject: subject, Text: words})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mailNote)
	defer cancel()
	q := db.New(n.pool)
	if sendErr == nil {
		return false, q.NoticeSent(ctx, db.NoticeSentParams{ID: row.ID, Subject: subject, Words: words})
	}
	failed, ok := errors.AsType[*notify.Error](sendErr)
	if !ok {
		failed = &notify.Error{Kind: notify.KindUnavailable, Code: codeMailUnknown}
	}
	err = q.NoticeNotSent(ctx, db.NoticeNotSentParams{
		ID: row.ID, ClaimedUntil: b.until, FailureCode: failed.Code, ForGood: failed.Kind == notify.KindRefused,
		MostAttempts: mailAttempts, PauseSeconds: mailPause.Seconds(),
	})
	if failed.Kind == notify.KindUnavailable {
		return false, errors.Join(failed, err)
	}
	return failed.Kind == notify.KindDeferred, err
}

func idsOf(rows []db.NoticeContentsRow) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}

// classifyMail gives an error of the mail server a type of its own. It is always worth retrying: it is
// the notices that are given up some day.
func classifyMail(err error) error {
	if failed, ok := errors.AsType[*notify.Error](err); ok {
		return temporal.NewApplicationError(failed.Error(), typeMailUnavailable)
	}
	return classify(err)
}
