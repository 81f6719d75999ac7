// Package worker runs the workflows and activities: which task queues, under which names, with which limits.
package worker

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/notify"
	"github.com/boxoffice/boxoffice/provider"
	"github.com/boxoffice/boxoffice/workflows"
)

// stopTimeout is how long a stopping worker waits for the steps under way.
const stopTimeout = 10 * time.Second

// Config bounds a worker process.
type Config struct {
	// LocalActivities is how many SQL steps run at once; it must not exceed the size of the database pool,
	// so that none waits for a connection while its workflow task runs out.
	LocalActivities int `env:"BOXOFFICE_WORKER_LOCAL_ACTIVITIES" envDefault:"16"`
	// ProviderCallsPerSecond is how many calls all workers together may make to the payment provider.
	// Stripe allows 100 in live mode and 25 in test mode.
	ProviderCallsPerSecond float64 `env:"BOXOFFICE_PROVIDER_CALLS_PER_SECOND" envDefault:"80"`
	// CascadePerSecond is how many bookings one cascade cancels in a second while people are buying other
	// shows, so that they hardly notice it; zero means as many as it can.
	CascadePerSecond int `env:"BOXOFFICE_CASCADE_PER_SECOND" envDefault:"5"`
	// BuildID pins running bookings to the code that they began with: workers of one build are a version
	// of the deployment "boxoffice". It is empty in development, where one worker serves everything.
	BuildID string `env:"BOXOFFICE_BUILD_ID"`
	// RemindBefore is how long before a show its customers are reminded of it.
	RemindBefore time.Duration `env:"BOXOFFICE_REMINDER_BEFORE" envDefault:"3h"`
	// MailConnections is how many connections to the mail server this process has at most.
	MailConnections int `env:"BOXOFFICE_MAIL_CONNECTIONS" envDefault:"4"`
	// Schedules say when the system starts work by itself.
	Schedules Schedules
}

// Workers serves the task queues of one process.
type Workers struct {
	bookings, provider, mail worker.Worker
}

// New makes the workers; Start starts them. Without a mailer customers find their notices in the API only.
func New(c client.Client, pool *pgxpool.Pool, provider provider.Provider, mailer notify.Mailer, config Config) *Workers {
	w := &Workers{
		bookings: worker.New(c, booking.TaskQueue, bookingOptions(config)),
		provider: worker.New(c, booking.ProviderTaskQueue, providerOptions(config)),
		mail:     worker.New(c, booking.MailTaskQueue, mailOptions(config)),
	}
	steps := activities.New(pool, provider)
	steps.CascadePerSecond = config.CascadePerSecond
	RegisterWorkflows(w.bookings)
	registerSQLSteps(w.bookings, steps)
	registerProviderSteps(w.provider, steps)
	register(w.bookings, booking.StepAuditBooks, activities.NewAuditor(pool, provider, c, audit.Nightly()).AuditBooks)
	notifier := activities.NewNotifier(pool, mailer, config.RemindBefore)
	register(w.bookings, booking.StepFindShowsToNotify, notifier.FindShowsToNotify)
	register(w.bookings, booking.StepWriteNotices, notifier.WriteNotices)
	register(w.mail, booking.StepSendNotices, notifier.SendNotices)
	return w
}

// Start begins to poll. It fails at once when Temporal cannot be reached.
func (w *Workers) Start() error {
	for i, started := range w.all() {
		if err := started.Start(); err != nil {
			for _, before := range w.all()[:i] {
				before.Stop()
			}
			return fmt.Errorf("start the worker of %s: %w", queues[i], err)
		}
	}
	return nil
}

// Stop takes no more tasks and waits a while for those that are running. What is cut off runs again elsewhere.
func (w *Workers) Stop() {
	for _, started := range w.all() {
		started.Stop()
	}
}

// queues are the task queues of all workers.
var queues = []string{booking.TaskQueue, booking.ProviderTaskQueue, booking.MailTaskQueue}

func (w *Workers) all() []worker.Worker { return []worker.Worker{w.bookings, w.provider, w.mail} }

// RegisterWorkflows gives the workflows their names, for workers and replayers alike.
func RegisterWorkflows(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(workflows.Booking, workflow.RegisterOptions{
		Name:               booking.BookingWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(workflows.TopUp, workflow.RegisterOptions{
		Name:               booking.TopUpWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(workflows.Settlement, workflow.RegisterOptions{
		Name: booking.SettlementWorkflow,
		// A refund may be retried for days; that must not keep an old build running.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.CancelBooking, workflow.RegisterOptions{
		Name:               booking.CancelBookingWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(workflows.Refund, workflow.RegisterOptions{
		Name: booking.RefundWorkflow,
		// It may be followed for weeks, like that of a settlement.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.OutsideRefunds, workflow.RegisterOptions{
		Name: booking.OutsideRefundsWorkflow,
		// It waits for as long as the provider is away.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.Cascade, workflow.RegisterOptions{
		Name: booking.CascadeWorkflow,
		// It may wait for refunds for weeks.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.Sweep, workflow.RegisterOptions{
		Name:               booking.SweepWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.NotifyShow, workflow.RegisterOptions{
		Name: booking.NotifyShowWorkflow,
		// It may wait for the mail server for days.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.RemindShows, workflow.RegisterOptions{
		Name:               booking.RemindShowsWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.CompleteShows, workflow.RegisterOptions{
		Name:               booking.CompleteShowsWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(workflows.EndAbandoned, workflow.RegisterOptions{
		Name:               booking.EndAbandonedWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(workflows.MoveSeats, workflow.RegisterOptions{
		Name:               booking.MoveSeatsWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(workflows.Audit, workflow.RegisterOptions{
		Name:               booking.AuditWorkflow,
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
}

// RegisterSteps gives all steps their names, for tests that run workflows in one process.
func RegisterSteps(r worker.ActivityRegistry, a *activities.Activities) {
	registerSQLSteps(r, a)
	registerProviderSteps(r, a)
}

func registerSQLSteps(r worker.ActivityRegistry, a *activities.Activities) {
	register(r, booking.StepLockSeats, a.LockSeats)
	register(r, booking.StepPriceSeats, a.PriceSeats)
	register(r, booking.StepReserveWallet, a.ReserveWallet)
	register(r, booking.StepConfirmBooking, a.ConfirmBooking)
	register(r, booking.StepReleaseSeats, a.ReleaseSeats)
	register(r, booking.StepNotePayment, a.NotePayment)
	register(r, booking.StepSettleMoney, a.SettleMoney)
	register(r, booking.StepOpenTopUp, a.OpenTopUp)
	register(r, booking.StepNoteTopUp, a.NoteTopUp)
	register(r, booking.StepCreditTopUp, a.CreditTopUp)
	register(r, booking.StepCancelSeats, a.CancelSeats)
	register(r, booking.StepFindAbandoned, a.FindAbandoned)
	register(r, booking.StepCloseForSale, a.CloseForSale)
	register(r, booking.StepFindCascadeBookings, a.FindCascadeBookings)
	register(r, booking.StepFindCascadeShows, a.FindCascadeShows)
	register(r, booking.StepCascadeProgress, a.CascadeProgress)
	register(r, booking.StepNoteCascade, a.NoteCascade)
	register(r, booking.StepCompleteShows, a.CompleteShows)
	register(r, booking.StepEndAbandoned, a.EndAbandoned)
	register(r, booking.StepMoveSeats, a.MoveSeats)
	register(r, booking.StepAssignOutsideRefund, a.AssignOutsideRefund)
	register(r, booking.StepWriteOffOutsideRefund, a.WriteOffOutsideRefund)
}

func registerProviderSteps(r worker.ActivityRegistry, a *activities.Activities) {
	register(r, booking.StepOpenIntent, a.OpenIntent)
	register(r, booking.StepOpenTopUpIntent, a.OpenTopUpIntent)
	register(r, booking.StepCloseIntent, a.CloseIntent)
	register(r, booking.StepRefundIntent, a.RefundIntent)
	register(r, booking.StepSendRefund, a.SendRefund)
	register(r, booking.StepRetryRefund, a.RetryRefund)
	register(r, booking.StepDivertRefund, a.DivertRefund)
	register(r, booking.StepSettleRefund, a.SettleRefund)
	register(r, booking.StepCloseRefund, a.CloseRefund)
	register(r, booking.StepNoteOutsideRefunds, a.NoteOutsideRefunds)
}

func register(r worker.ActivityRegistry, name string, step any) {
	r.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
}
