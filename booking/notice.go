package booking

import (
	"strings"
	"time"
)

// Names by which Temporal knows the workflows of notices. Recorded histories hold them: never change one.
const (
	// NotifyShowWorkflow tells the customers of one show one thing. It takes NotifyShowRequest and returns NoticesStanding.
	NotifyShowWorkflow = "NotifyShow"
	// RemindShowsWorkflow finds the shows whose customers have to be notified. It returns Reminded.
	RemindShowsWorkflow = "RemindShows"
)

// RemindersScheduleID is the schedule that sends reminders.
const RemindersScheduleID = "reminders"

// MailTaskQueue serves the sending of e-mail, apart from everything else: a mail server that hangs delays nothing else.
const MailTaskQueue = "mail"

// NotifyShowWorkflowID is the workflow that tells the customers of a show one thing.
func NotifyShowWorkflowID(kind NoticeKind, showID string) string {
	return "notify-show/" + strings.ToLower(string(kind)) + "/" + showID
}

// NoticeKind is what a customer is notified of.
type NoticeKind string

// The kinds of notice.
const (
	// NoticeReminder: a show begins soon.
	NoticeReminder NoticeKind = "REMINDER"
	// NoticeShowCancelled: a show does not take place, and what becomes of the money.
	NoticeShowCancelled NoticeKind = "SHOW_CANCELLED"
	// NoticeShowMoved: a show begins at another time.
	NoticeShowMoved NoticeKind = "SHOW_MOVED"
	// NoticeSeatsMoved: an operator has given a booking other seats.
	NoticeSeatsMoved NoticeKind = "SEATS_MOVED"
	// NoticeRefundChanged: a refund goes another way than its customer was told.
	NoticeRefundChanged NoticeKind = "REFUND_CHANGED"
)

// NoticeStatus is the status of a notice's e-mail.
type NoticeStatus string

// The states of a notice; all but the first are final.
const (
	NoticePending NoticeStatus = "PENDING"
	// NoticeSent: the mail server has accepted it.
	NoticeSent NoticeStatus = "SENT"
	// NoticeFailed: the mail server has refused it for good or too often, or was unreachable for NoticePatience.
	NoticeFailed NoticeStatus = "FAILED"
	// NoticeSkipped: sending it had become pointless, or there was no mail server to send it.
	NoticeSkipped NoticeStatus = "SKIPPED"
)

const (
	// NoticePatience is how long a notice is worth sending. A reminder is worthless once its show has begun.
	NoticePatience = 3 * 24 * time.Hour
	// NoticeOverdue is how long after its due time an unsent notice is given to another workflow.
	NoticeOverdue = 10 * time.Minute
	// RemindMost is how many shows one run of RemindShowsWorkflow takes on. The next run finds the rest.
	RemindMost = 100
)

// NotifyShowRequest is the input of NotifyShowWorkflow.
type NotifyShowRequest struct {
	Kind          NoticeKind `json:"kind"`
	ShowID        string     `json:"showId"`
	CorrelationID string     `json:"correlationId"`
}

// NoticesWritten is how many new notices a step has written.
type NoticesWritten struct {
	Written int `json:"written"`
}

// NoticesStanding is the status of all notices of one kind about a show.
type NoticesStanding struct {
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
	// Pending ones are tried again after NextTry.
	Pending int           `json:"pending"`
	NextTry time.Duration `json:"nextTry,omitempty"`
}

// ShowNotice is one thing to tell the customers of one show.
type ShowNotice struct {
	Kind   NoticeKind `json:"kind"`
	ShowID string     `json:"showId"`
}

// ShowsToNotify are the shows whose customers have to be notified, the most urgent first: at most RemindMost.
type ShowsToNotify struct {
	Shows []ShowNotice `json:"shows"`
}

// Reminded is the result of RemindShowsWorkflow: the shows that it has taken care of.
type Reminded struct {
	Shows int `json:"shows"`
}

// Names of the steps of notices. Recorded histories hold them: never change one.
const (
	// StepWriteNotices takes NotifyShowRequest and returns NoticesWritten: it writes a notice for every
	// customer concerned who has none.
	StepWriteNotices = "WriteNotices"
	// StepSendNotices takes NotifyShowRequest and returns NoticesStanding: it sends what can be sent now.
	StepSendNotices = "SendNotices"
	// StepFindShowsToNotify takes nothing and returns ShowsToNotify.
	StepFindShowsToNotify = "FindShowsToNotify"
)
