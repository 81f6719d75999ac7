package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/audit"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/pgtest"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/provider"
	"github.com/boxoffice/boxoffice/worker"
	"github.com/boxoffice/boxoffice/workflows"
)

const (
	secretKey = "sk_test_books"
	// booksConns suffices for one story at a time.
	booksConns = 4
	// walletMoney is what each customer has: enough for two seats, and not for much more.
	walletMoney = 60000
)

const booksCatalogue = `
INSERT INTO cities VALUES ('mumbai', 'Mumbai', 'IN');
INSERT INTO theatres VALUES ('th_1', 'mumbai', 'Regal', 'Colaba', 'Asia/Kolkata', 'INR', 1000, 1800);
INSERT INTO screens VALUES ('sc_1', 'th_1', 'Screen 1');
INSERT INTO seat_layouts VALUES ('ly_1', 'sc_1', 1);
INSERT INTO seats (layout_id, label, row_label, number, position, category)
VALUES ('ly_1', 'A1', 'A', 1, 1, 'STANDARD'), ('ly_1', 'A2', 'A', 2, 2, 'STANDARD');
INSERT INTO movies VALUES ('mv_1', 'Sholay', 204, 'hi', ARRAY['Action'], 1975, 'Two rogues guard a village.');
`

// books is one database and one provider for any number of stories, each of which has its own customer and show.
type books struct {
	t       *testing.T
	owner   *pgxpool.Pool
	pool    *pgxpool.Pool
	sim     *stripesim.Server
	bank    *httptest.Server
	money   *remembering
	steps   *activities.Activities
	stories int
}

func openBooks(t *testing.T) *books {
	t.Helper()
	dsn := pgtest.NewDB(t)
	sim, err := stripesim.New(stripesim.Config{SecretKey: secretKey, MaxObjects: 1 << 22})
	require.NoError(t, err)
	t.Cleanup(func() { _ = sim.Close() })
	b := &books{t: t, sim: sim, bank: httptest.NewServer(sim)}
	t.Cleanup(b.bank.Close)
	b.owner = pgtest.OpenAs(t, dsn, "", booksConns)
	b.exec(booksCatalogue)
	stripe, err := provider.NewStripe(provider.Config{SecretKey: secretKey, URL: b.bank.URL})
	require.NoError(t, err)
	b.money = &remembering{Provider: stripe, made: map[string][]string{}}
	b.pool = pgtest.OpenAs(t, dsn, "boxoffice_worker", booksConns)
	b.steps = activities.New(b.pool, b.money)
	return b
}

// remembering records which intents were made for a booking.
type remembering struct {
	provider.Provider
	mu   sync.Mutex
	made map[string][]string
	// run stands for the run's id, which is the same in every test environment.
	run int
}

func (r *remembering) CancelIntent(ctx context.Context, id, key string) (provider.Intent, error) {
	return r.Provider.CancelIntent(ctx, id, fmt.Sprintf("%d:%s", r.run, key))
}

func (r *remembering) CreateIntent(ctx context.Context, req provider.IntentRequest) (provider.Intent, error) {
	intent, err := r.Provider.CreateIntent(ctx, req)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && !slices.Contains(r.made[req.BookingID], intent.ID) {
		r.made[req.BookingID] = append(r.made[req.BookingID], intent.ID)
	}
	return intent, err
}

func (b *books) exec(sql string, args ...any) {
	b.t.Helper()
	_, err := b.owner.Exec(b.t.Context(), sql, args...)
	require.NoError(b.t, err)
}

func (b *books) number(sql string, args ...any) (n int64) {
	b.t.Helper()
	require.NoError(b.t, b.owner.QueryRow(b.t.Context(), sql, args...).Scan(&n), sql)
	return n
}

func (b *books) text(sql string, args ...any) (s string) {
	b.t.Helper()
	require.NoError(b.t, b.owner.QueryRow(b.t.Context(), sql, args...).Scan(&s), sql)
	return s
}

// postProvider sends a request to the provider, as a customer's browser or a test does.
func (b *books) postProvider(path string, form url.Values) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.bank.URL+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+secretKey)
	res, err := http.DefaultClient.Do(req)
	require.NoError(b.t, err)
	require.NoError(b.t, res.Body.Close())
}

// refunded is how much of an intent has gone back.
func (b *books) refunded(intentID string) int64 {
	b.t.Helper()
	refunds, err := b.money.RefundsOf(b.t.Context(), intentID)
	require.NoError(b.t, err)
	sum := int64(0)
	for _, refund := range refunds {
		if refund.Status.Stands() {
			sum += refund.Amount.Amount
		}
	}
	return sum
}

// requireClean audits the books of all stories.
func (b *books) requireClean() {
	b.t.Helper()
	options := audit.Defaults()
	options.Grace, options.Recheck, options.Skip = 0, 0, []string{audit.GroupTemporal}
	report, err := audit.Run(b.t.Context(), audit.Sources{Pool: b.pool, Provider: b.money}, options)
	require.NoError(b.t, err)
	var found strings.Builder
	report.Print(&found)
	require.True(b.t, report.Clean, "%s", &found)
}

// cut is how a step is cut off.
type cut string

const (
	cutNot cut = "not"
	// cutBefore: the worker died before the step took effect.
	cutBefore cut = "before"
	// cutAfter: it took effect, and the worker died before it could report that.
	cutAfter cut = "after"
	// cutTwice: two workers ran the same step.
	cutTwice cut = "twice"
	// cutLate: the step timed out, and takes effect when the workflow has long gone on.
	cutLate cut = "late"
)

var providerFaults = []stripesim.RequestFault{
	{Mode: stripesim.FailBefore, Times: 1},
	{Mode: stripesim.FailAfter, Times: 1},
	{Mode: stripesim.FailAfter, Times: 1, Unstored: true},
	{Mode: stripesim.RateLimit, Times: 1},
	{Mode: stripesim.FailAfter, Times: 2, Operation: stripesim.OpCreateRefund},
	{Mode: stripesim.FailAfter, Times: 2, Operation: stripesim.OpCreateIntent},
	{Mode: stripesim.FailAfter, Times: 2, Operation: stripesim.OpCancelIntent},
}

var cards = []string{
	"pm_card_visa", "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_processing", "pm_card_pendingRefund", "pm_card_refundFail",
}

// story is one booking and everything that happens to it.
type story struct {
	t                  *testing.T
	books              *books
	env                *testsuite.TestWorkflowEnvironment
	id, customer, show string
	// coupon is empty when the story has none.
	coupon       string
	given, spent int64
	payments     int
	// payable are the intents whose client secret the customer knows: no other can be paid.
	payable map[string]bool

	mu             sync.Mutex
	cuts           []cut
	late           []func()
	providerFaults []stripesim.RequestFault
	settlements    []booking.SettlementRequest
	open           bool
	showCancelled  bool
	log            []string
}

func (b *books) newStory(t *testing.T) *story {
	t.Helper()
	b.stories++
	n := fmt.Sprint(b.stories)
	s := &story{t: t, books: b, customer: "us_" + n, show: "sh_" + n, given: walletMoney, payable: map[string]bool{}}
	s.id = booking.ID(s.customer, "key")
	b.exec(`INSERT INTO shows (id, movie_id, screen_id, layout_id, starts_at, ends_at, language, format)
	        VALUES ($1, 'mv_1', 'sc_1', 'ly_1', now() + make_interval(hours => $2), now() + make_interval(hours => $2, mins => 30), 'hi', '2D')`,
		s.show, b.stories+1)
	b.exec(`INSERT INTO show_prices VALUES ($1, 'STANDARD', 18000)`, s.show)
	b.exec(`INSERT INTO users (id, email, name) VALUES ($1, $1 || '@example.com', 'Asha')`, s.customer)
	b.exec(`INSERT INTO ledger_accounts (id, kind, user_id, currency) VALUES ('wallet:' || $1, 'WALLET', $2, 'INR')`, s.customer+":INR", s.customer)
	s.move("seed:"+s.customer, walletMoney)
	s.env = s.newEnv()
	s.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		var req booking.SettlementRequest
		require.NoError(t, args.Get(&req))
		s.logf("settlement of %s: %s", req.IntentID, req.Reason)
		s.settlements = append(s.settlements, req)
	})
	s.env.OnWorkflow(booking.SettlementWorkflow, mock.Anything, mock.Anything).Maybe().Return(booking.SettlementOutcome{}, nil)
	return s
}

// machinePatience is how long a slow machine may take to run a workflow.
const machinePatience = 2 * time.Minute

// newEnv is a test environment of its own, which skips time.
func (s *story) newEnv() *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	s.books.money.run++
	env.SetTestTimeout(machinePatience)
	env.SetStartTime(time.Now())
	env.SetWorkerOptions(sdkworker.Options{
		DeadlockDetectionTimeout: machinePatience, Interceptors: []interceptor.WorkerInterceptor{&cutter{story: s}},
	})
	worker.RegisterWorkflows(env)
	worker.RegisterSteps(env, s.books.steps)
	return env
}

func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id + "\n\t" + strings.Join(s.log, "\n\t")
}

func (s *story) logf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, s.env.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

// move puts money into the customer's wallet, or takes it out.
func (s *story) move(reference string, amount int64) {
	s.books.exec(`WITH t AS (INSERT INTO ledger_transactions (reference, kind, reason) VALUES ($1, 'GRANT', 'test') RETURNING reference)
		INSERT INTO ledger_entries SELECT reference, unnest(ARRAY['promotions:INR', $2]), unnest(ARRAY[-$3::bigint, $3::bigint]) FROM t`,
		reference, booking.WalletID(s.customer, "INR"), amount)
}

// at makes something happen after a time, and late steps shortly before it.
func (s *story) at(after time.Duration, do func()) {
	s.env.RegisterDelayedCallback(func() {
		s.runLate()
		do()
	}, after)
}

func (s *story) update(at time.Duration, name string, arg any) {
	id := fmt.Sprintf("%s-%d-%d", name, at, s.payments)
	s.at(at, func() {
		s.logf("%s %+v", name, arg)
		s.env.UpdateWorkflow(name, id, answered{story: s, to: name}, arg)
	})
}

// answered logs the result of an update.
type answered struct {
	story *story
	to    string
}

func (a answered) Accept()          {}
func (a answered) Reject(err error) { a.story.logf("%s rejected: %v", a.to, err) }
func (a answered) Complete(result any, err error) {
	a.story.logf("%s answered: %+v, %v", a.to, result, err)
	if payment, ok := result.(booking.Payment); ok && err == nil {
		a.story.payable[payment.IntentID] = true
	}
}

// play runs the booking's workflow to its end.
func (s *story) play() {
	s.open = true
	require.NoError(s.t, s.books.sim.AddFaults(stripesim.Faults{Requests: slices.Clone(s.providerFaults)}))
	s.env.RegisterDelayedCallback(func() {
		s.env.UpdateWorkflow(booking.UpdateHold, booking.UpdateHold, answered{story: s, to: booking.UpdateHold})
	}, 0)
	s.env.ExecuteWorkflow(workflows.Booking, booking.Request{
		BookingID: s.id, CustomerID: s.customer, ShowID: s.show, TheatreID: "th_1", Seats: []string{"A1", "A2"}, CouponCode: s.coupon,
		RequestHash: "hash", CorrelationID: "test",
	})
	s.open = false
	require.True(s.t, s.env.IsWorkflowCompleted(), "%s", s)
	require.NoError(s.t, s.env.GetWorkflowError(), "%s", s)
	var outcome booking.Outcome
	require.NoError(s.t, s.env.GetWorkflowResult(&outcome))
	s.logf("ended %s: %s", outcome.Status, outcome.Reason)
	s.books.sim.ClearFaults()
	s.runLate()
}

// settle runs a settlement to its end. After a while, and before the test environment stops retrying,
// the bank decides about refunds that it has not decided.
func (s *story) settle(req booking.SettlementRequest, decision stripesim.Outcome) {
	env := s.newEnv()
	env.RegisterDelayedCallback(func() { s.endPending(decision) }, time.Minute)
	env.ExecuteWorkflow(workflows.Settlement, req)
	require.True(s.t, env.IsWorkflowCompleted(), "settlement of %s: %s", req.IntentID, s)
	require.NoError(s.t, env.GetWorkflowError(), "%s", s)
	var outcome booking.SettlementOutcome
	require.NoError(s.t, env.GetWorkflowResult(&outcome))
	s.logf("settled %s: %s, %s", outcome.IntentID, outcome.Result, outcome.Reason)
}

// intents are those of the booking, as the provider has them now, in the order in which they were made.
func (s *story) intents() []provider.Intent {
	s.books.money.mu.Lock()
	ids := slices.Clone(s.books.money.made[s.id])
	s.books.money.mu.Unlock()
	found := make([]provider.Intent, len(ids))
	for i, id := range ids {
		var err error
		found[i], err = s.books.money.Intent(s.t.Context(), id)
		require.NoError(s.t, err)
	}
	return found
}

func (s *story) useCard(which int, card string) {
	if intents := s.intents(); which < len(intents) && s.payable[intents[which].ID] {
		s.logf("%s on %s", card, intents[which].ID)
		s.books.postProvider("/v1/payment_intents/"+intents[which].ID+"/confirm", url.Values{"payment_method": {card}})
	}
}

func (s *story) endProcessing(which int, paid bool) {
	if intents := s.intents(); which < len(intents) && intents[which].Status == provider.IntentProcessing {
		outcome := stripesim.Fail
		if paid {
			outcome = stripesim.Succeed
		}
		s.logf("%s of %s", outcome, intents[which].ID)
		require.NoError(s.t, s.books.sim.SettleIntent(intents[which].ID, outcome))
	}
}

func (s *story) endAllProcessing(paid bool) {
	for which := range s.intents() {
		s.endProcessing(which, paid)
	}
}

// deliverEvent delivers one of the provider's events: to the booking or, when that is over, to a settlement, as the API does.
func (s *story) deliverEvent(which int) {
	intents := s.intents()
	if len(intents) == 0 {
		return
	}
	intent := intents[which%len(intents)]
	event := booking.PaymentEvent{
		EventID: fmt.Sprintf("evt_%s_%s", intent.ID, intent.Status), IntentID: intent.ID, BookingID: s.id, Received: intent.Received,
		DeclineCode: intent.DeclineCode, CorrelationID: "test",
	}
	switch {
	case intent.Status == provider.IntentSucceeded:
		event.Kind = booking.PaymentEventSucceeded
	case intent.Status == provider.IntentCanceled:
		event.Kind = booking.PaymentEventCanceled
	case intent.Status == provider.IntentProcessing:
		event.Kind = booking.PaymentEventProcessing
	case intent.DeclineCode != "":
		event.Kind = booking.PaymentEventDeclined
	default:
		return
	}
	s.logf("hears %s of %s", event.Kind, intent.ID)
	switch {
	case s.open:
		s.env.SignalWorkflow(booking.SignalPaymentEvent, event)
	case event.Kind == booking.PaymentEventSucceeded:
		s.settlements = append(s.settlements, booking.SettlementRequest{IntentID: intent.ID, Reason: "paid after the booking was over", CorrelationID: "test"})
	}
}

// spend takes money out of the wallet for something else, if there is enough.
func (s *story) spend(amount int64) {
	if s.books.number(`SELECT balance FROM ledger_accounts WHERE id = $1`, booking.WalletID(s.customer, "INR")) >= amount {
		s.spent += amount
		s.logf("spends %d", amount)
		s.move(fmt.Sprintf("spent:%s:%d", s.customer, s.spent), -amount)
	}
}

// runLate makes the steps that timed out take effect now.
func (s *story) runLate() {
	s.mu.Lock()
	late := s.late
	s.late = nil
	s.mu.Unlock()
	for _, run := range late {
		run()
	}
}

func (s *story) nextCut(step string) cut {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cuts) == 0 {
		return cutNot
	}
	next := s.cuts[0]
	s.cuts = s.cuts[1:]
	s.log = append(s.log, fmt.Sprintf("%s cut %s", step, next))
	return next
}

var errCutOff = errors.New("cut off")

// cutter cuts steps off as the story says.
type cutter struct {
	interceptor.WorkerInterceptorBase
	story *story
}

func (c *cutter) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	steps := &cutSteps{story: c.story}
	steps.Next = next
	return steps
}

type cutSteps struct {
	interceptor.ActivityInboundInterceptorBase
	story *story
}

func (c *cutSteps) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	switch c.story.nextCut(stepName(ctx)) {
	case cutBefore:
		return nil, errCutOff
	case cutAfter:
		_, _ = c.Next.ExecuteActivity(ctx, in)
		return nil, errCutOff
	case cutTwice:
		_, _ = c.Next.ExecuteActivity(ctx, in)
		return c.Next.ExecuteActivity(ctx, in)
	case cutLate:
		if stepName(ctx) == booking.StepLockSeats {
			return nil, errCutOff
		}
		c.story.mu.Lock()
		defer c.story.mu.Unlock()
		c.story.late = append(c.story.late, func() { _, _ = c.Next.ExecuteActivity(context.WithoutCancel(ctx), in) })
		return nil, errCutOff
	default:
		return c.Next.ExecuteActivity(ctx, in)
	}
}

func stepName(ctx context.Context) string { return activity.GetInfo(ctx).ActivityType.Name }
