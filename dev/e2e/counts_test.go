package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// What a booking costs, in figures that do not depend on the machine. The limits are those of the design.
func TestCountsPerBooking(t *testing.T) {
	t.Parallel()
	h := ownHouse(t)
	show := h.show(t, 5*time.Minute)
	wallet, card := h.buyer(t, "wallet", 50000), h.buyer(t, "card", 0)
	h.logStatements(t)

	before := h.statements(t)
	held, err := wallet.Book(t.Context(), "counted-wallet", show, "A1", "A2")
	require.NoError(t, err)
	_, err = wallet.Pay(t.Context(), "counted-wallet-pay", held.Id, booking.MethodWallet)
	require.NoError(t, err)
	walletCounts := h.countsOf(t, held.Id, before)

	before = h.statements(t)
	held, err = card.Book(t.Context(), "counted-card", show, "B1", "B2")
	require.NoError(t, err)
	payment, err := card.Pay(t.Context(), "counted-card-pay", held.Id, booking.MethodCard)
	require.NoError(t, err)
	_, err = card.EnterCard(t.Context(), payment, "pm_card_visa")
	require.NoError(t, err)
	cardCounts := h.countsOf(t, held.Id, before)

	t.Logf("wallet booking: %s", walletCounts)
	t.Logf("card booking:   %s", cardCounts)
	require.LessOrEqual(t, walletCounts.events, 20)
	require.Equal(t, 2, walletCounts.workflowTasks)
	require.Zero(t, walletCounts.providerCalls)
	require.LessOrEqual(t, cardCounts.events, 30)
	require.Equal(t, 4, cardCounts.workflowTasks)
	require.Equal(t, 1, cardCounts.providerCalls)
}

type counts struct {
	events, workflowTasks, providerCalls int
	api, worker                          int
}

func (c counts) String() string {
	return fmt.Sprintf("%d history events, %d workflow tasks, %d SQL statements (API %d, worker %d), %d provider calls",
		c.events, c.workflowTasks, c.api+c.worker, c.api, c.worker, c.providerCalls)
}

// countsOf waits for the workflow's end, so that everything that belongs to the booking has happened, and counts.
func (h *house) countsOf(t *testing.T, bookingID string, before map[string]int) counts {
	t.Helper()
	var outcome booking.Outcome
	require.NoError(t, h.temporal.GetWorkflow(t.Context(), booking.WorkflowID(bookingID), "").Get(t.Context(), &outcome))
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	var c counts
	for _, event := range h.history(t, booking.WorkflowID(bookingID)) {
		c.events++
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			c.workflowTasks++
		}
	}
	after := h.statements(t)
	c.api = after["boxoffice-api"] - before["boxoffice-api"]
	c.worker = after["boxoffice-worker"] - before["boxoffice-worker"]
	c.providerCalls = h.providerCalls(t, bookingID)
	return c
}

func (h *house) history(t *testing.T, workflowID string) []*historypb.HistoryEvent {
	t.Helper()
	var events []*historypb.HistoryEvent
	pages := h.temporal.GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for pages.HasNext() {
		event, err := pages.Next()
		require.NoError(t, err)
		events = append(events, event)
	}
	return events
}

// logStatements has PostgreSQL log every statement. Its lines name the process that sent it.
func (h *house) logStatements(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.SuperuserDSN("postgres"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	for _, statement := range []string{
		`ALTER SYSTEM SET log_statement = 'all'`,
		`SELECT pg_reload_conf()`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	eventually(t, "statements are logged", func() bool {
		_, err := h.visitor.Movies(t.Context(), "mumbai")
		return err == nil && h.statements(t)["boxoffice-api"] > 0
	})
}

// statements counts the logged statements of the product's processes; the brackets of transactions count as well.
func (h *house) statements(t *testing.T) map[string]int {
	t.Helper()
	content, err := os.ReadFile(h.LogFile(stack.Postgres))
	require.NoError(t, err)
	found := map[string]int{}
	for line := range strings.Lines(string(content)) {
		if !strings.Contains(line, "LOG:  execute ") && !strings.Contains(line, "LOG:  statement: ") {
			continue
		}
		for _, process := range []string{"boxoffice-api", "boxoffice-worker"} {
			if strings.Contains(line, "] "+process+" ") {
				found[process]++
			}
		}
	}
	return found
}
