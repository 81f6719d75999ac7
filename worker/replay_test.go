package worker_test

import (
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/worker"
)

const historiesFolder = "../workflows/testdata/histories"

// bookingPaths are those of a booking. They are recorded twice: booking_priced_apart has histories of code that priced the seats in a step of its
// own, and made each state searchable.
var bookingPaths = []string{
	"3ds_confirmed",
	"3ds_failed_then_confirmed",
	"cancel_refused_while_processing",
	"cancelled_after_charge_refunded",
	"cancelled_by_customer",
	"cancelled_by_operator",
	"cancelled_by_operator_while_processing",
	"cancelled_by_operator_with_open_intent",
	"cancelled_refund_refused",
	"cancelled_refund_retried",
	"cancelled_refund_taken_over",
	"cancelled_with_open_intent",
	"card_confirmed",
	"card_declined_then_confirmed",
	"card_declined_then_second_attempt",
	"card_then_wallet",
	"confirmed_then_unknown_intent",
	"confirmed_then_unknown_money",
	"coupon_confirmed",
	"customer_acts_after_expiry",
	"customer_acts_after_expiry_unpaid",
	"database_away_during_confirm",
	"duplicate_webhooks",
	"expired_after_decline",
	"expired_then_paid_late",
	"expired_then_seats_gone",
	"expired_then_show_closed",
	"expired_then_wrong_amount",
	"expired_unpaid",
	"expired_with_open_intent",
	"expiry_finds_payment",
	"expiry_finds_payment_show_closed_refunded",
	"force_expired",
	"force_expired_with_open_intent",
	"force_expiry_finds_payment",
	"force_expiry_refused_while_processing",
	"held_while_the_show_was_cancelled",
	"hybrid_all_by_card",
	"hybrid_all_from_the_wallet",
	"hybrid_confirmed",
	"hybrid_declined_then_wallet",
	"hybrid_expired",
	"hybrid_insufficient_then_card",
	"hybrid_show_closed_before_confirm_refunded",
	"hybrid_then_other_parts",
	"intent_cancelled_only_by_an_event",
	"intent_cancelled_then_second_attempt",
	"paid_only_by_an_event",
	"paid_while_expiring",
	"paying_while_the_show_was_cancelled",
	"processing_at_expiry_then_confirmed",
	"processing_at_expiry_then_failed",
	"processing_past_grace",
	"processing_then_confirmed",
	"provider_refuses_then_second_attempt",
	"provider_unavailable",
	"provider_unavailable_at_expiry",
	"refused_coupon",
	"refused_not_served_in_time",
	"refused_seats_taken",
	"refused_show_closed",
	"refused_show_started",
	"refused_stale",
	"refused_unknown_seats",
	"refused_unknown_show",
	"reset_before_paying",
	"reset_confirmed",
	"reset_confirmed_later",
	"reset_while_paying",
	"second_attempt_past_deadline",
	"second_attempt_refused_while_processing",
	"settled_before_cancel",
	"settled_before_deadline",
	"show_closed_before_confirm_refunded",
	"show_closed_before_wallet_payment",
	"superseded_attempt_already_paid",
	"wallet_confirmed",
	"wallet_insufficient_then_card",
	"wrong_amount_settled",
}

// recorded lists every path whose history must exist. `make record` records them anew, except those
// that take minutes, which are recorded by name: go run ./dev/record -only
// processing_past_grace,topup_processing_past_grace,nobody_asks,pending_then_asked_again,insufficient_then_asked_again,put_off_then_sent.
var recorded = map[string][]string{
	"audit": {
		"broken",
		"clean",
	},
	"booking": slices.Concat(bookingPaths, []string{
		"wallet_at_once",
		"wallet_at_once_refused",
		"wallet_at_once_refused_then_card",
	}),
	"booking_priced_apart": bookingPaths,
	"cancel_booking": {
		"asked_twice",
		"card_cancelled",
		"card_cancelled_to_the_wallet",
		"hybrid_cancelled",
		"input_refused",
		"nobody_asks",
		"refused_after_the_cut_off",
		"refused_unpaid",
		"reset_cancellation",
		"show_cancelled",
		"some_seats",
		"the_rest",
		"two_at_once",
		"wallet_cancelled",
	},
	"cascade": {
		"movie_withdrawn",
		"show_off",
		"show_off_first_run",
		"show_off_last_run",
		"show_off_money_waits",
		"show_off_paused",
		"show_off_with_nobody_in_it",
		"show_played",
		"theatre_closed",
	},
	"complete_shows": {
		"completed",
		"nothing_to_do",
	},
	"end_abandoned": {
		"unpaid",
		"with_open_intent",
	},
	"move_seats": {
		"move_not_made_in_time",
		"move_refused_seats_taken",
		"moved",
		"moved_and_told",
	},
	"notify_show": {
		"mail_server_away",
		"put_off_then_sent",
		"reminder_sent",
		"seats_moved_sent",
		"show_cancelled",
		"show_moved_sent",
		"told_already",
	},
	"outside_refunds": {
		"assigned",
		"noted",
		"write_off_refused",
		"written_off",
	},
	"refund": {
		"close_refused",
		"disputed_unheard_then_closed",
		"divert_refused_while_disputed",
		"held_back_then_closed",
		"held_back_then_sent",
		"insufficient_then_asked_again",
		"insufficient_then_retried",
		"pending_then_asked_again",
		"pending_then_failed",
		"pending_then_succeeded",
		"provider_away_then_back",
		"refused",
		"refused_then_diverted",
		"refused_then_retried",
		"refused_then_settled",
		"retry_refused",
		"retry_refused_while_pending",
		"returned",
		"returned_then_diverted",
		"succeeded_at_once",
		"told_while_sending",
	},
	"remind_shows": {
		"nothing_found",
		"reminded",
	},
	"settlement": {
		"already_settled",
		"arrived_while_expiring",
		"late_confirmed",
		"late_refunded_seats_gone",
		"late_refunded_show_closed",
		"nothing_received",
		"processing_then_refunded",
		"refund_taken_over",
		"swept_booking",
		"swept_topup",
		"topup_already_credited",
		"topup_credited_late",
		"topup_nothing_received",
		"topup_other_intent_refunded",
		"topup_undecided_then_credited",
		"topup_wrong_amount_refunded",
		"undecided_at_expiry_then_confirmed",
		"unknown_booking_refunded",
		"unknown_intent",
		"wrong_amount_not_received",
		"wrong_amount_refunded",
	},
	"sweep": {
		"abandoned_booking",
		"abandoned_cascade",
		"abandoned_refund",
		"nothing_found",
	},
	"top_up": {
		"3ds_credited",
		"card_credited",
		"database_away_during_credit",
		"deadline_finds_payment",
		"deadline_unpaid",
		"declined_then_credited",
		"given_up_but_paid",
		"given_up_unpaid",
		"given_up_while_processing",
		"intent_cancelled_at_provider",
		"intent_refused",
		"intent_unavailable",
		"other_amount_not_received",
		"other_amount_settled",
		"other_intent_paid",
		"processing_then_credited",
		"refused_over_the_limit",
		"reset_topup",
		"topup_intent_cancelled_only_by_an_event",
		"topup_not_served_in_time",
		"topup_paid_only_by_an_event",
		"topup_processing_past_grace",
	},
}

func TestEveryRecordedPathReplays(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(historiesFolder, "*"))
	require.NoError(t, err)
	require.Len(t, folders, len(recorded), "a workflow is not in the list")
	for workflow, names := range recorded {
		files, err := filepath.Glob(filepath.Join(historiesFolder, workflow, "*.json"))
		require.NoError(t, err)
		present := make([]string, len(files))
		for i, file := range files {
			present[i] = strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(workflow+"/"+present[i], func(t *testing.T) {
				t.Parallel()
				require.NoError(t, worker.ReplayFile(file, silent()))
			})
		}
		require.ElementsMatch(t, names, present, "the recorded paths of %s", workflow)
	}
}

func TestReplayRefusesAChangedHistory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, from, to string
		// names is what the error must contain, so that the difference can be found.
		names []string
	}{
		"another activity": {
			file: "booking_priced_apart/card_confirmed.json", from: booking.StepOpenIntent, to: "OpenSomethingElse",
			names: []string{booking.StepOpenIntent, "OpenSomethingElse"},
		},
		"another local activity": {
			file: "booking_priced_apart/wallet_confirmed.json", from: booking.StepPriceSeats, to: "PriceSomethingElse",
			names: []string{booking.StepPriceSeats, "PriceSomethingElse"},
		},
		"another step first": {
			file: "settlement/late_refunded_seats_gone.json", from: booking.StepCloseIntent, to: "AskSomebodyElse",
			names: []string{booking.StepCloseIntent, "AskSomebodyElse"},
		},
		"another command": {
			file: "refund/refused_then_retried.json", from: booking.StepRetryRefund, to: "RetrySomethingElse",
			names: []string{booking.StepRetryRefund, "RetrySomethingElse"},
		},
		"another child": {
			file: "sweep/abandoned_booking.json", from: `"` + booking.SettlementWorkflow + `"`, to: `"SomethingElse"`,
			names: []string{booking.SettlementWorkflow, "SomethingElse"},
		},
		"an unknown workflow": {
			file: "booking_priced_apart/expired_unpaid.json", from: `"` + booking.BookingWorkflow + `"`, to: `"Reservation"`,
			names: []string{"Reservation"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(filepath.Join(historiesFolder, tc.file))
			require.NoError(t, err)
			changed := rename(t, string(content), tc.from, tc.to)
			require.False(t, changed == string(content), "nothing to rename") //nolint:testifylint // would print both histories
			file := filepath.Join(t.TempDir(), "changed.json")
			require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))

			err = worker.ReplayFile(file, silent())
			require.ErrorContains(t, err, file)
			for _, text := range tc.names {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

// While workers are replaced, a newer API starts bookings that an older worker begins: it makes every state searchable, and pays nothing at once.
func TestABookingThatANewerAPIHadAnOlderWorkerBeginGoesOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"wallet_confirmed", "expired_unpaid", "reset_before_paying", "coupon_confirmed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(filepath.Join(historiesFolder, "booking_priced_apart", name+".json"))
			require.NoError(t, err)
			begun := rename(t, string(content), string(booking.StatusInitiated), string(booking.StatusSeatsLocked))
			begun = rename(t, begun, `"theatreId":`, `"pay":{"paymentId":"pay_1","method":"WALLET","requestHash":"hash"},"theatreId":`)
			file := filepath.Join(t.TempDir(), "begun.json")
			require.NoError(t, os.WriteFile(file, []byte(begun), 0o600))
			require.NoError(t, worker.ReplayFile(file, silent()))
		})
	}
}

var payload = regexp.MustCompile(`"data": "([^"]+)"`)

// rename replaces a text in a history, including its payloads.
func rename(t *testing.T, history, from, to string) string {
	t.Helper()
	history = strings.ReplaceAll(history, from, to)
	return payload.ReplaceAllStringFunc(history, func(found string) string {
		data, err := base64.StdEncoding.DecodeString(payload.FindStringSubmatch(found)[1])
		require.NoError(t, err)
		return `"data": "` + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(string(data), from, to))) + `"`
	})
}

func TestReplayOfWhatIsNoHistory(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.json")
	err := worker.ReplayFile(missing, silent())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, missing)

	garbage := filepath.Join(t.TempDir(), "garbage.json")
	require.NoError(t, os.WriteFile(garbage, []byte("not a history"), 0o600))
	require.ErrorContains(t, worker.ReplayFile(garbage, silent()), garbage)
}

func silent() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
