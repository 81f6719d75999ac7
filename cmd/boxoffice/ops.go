package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/api/openapi"
)

// exitUnanswered is the exit code of a command when it is not known whether it was carried out.
const exitUnanswered = 2

// ops is what all operator commands share.
type ops struct {
	asJSON bool
	reason string
	key    string
}

func opsCommand() *cobra.Command {
	o := &ops{}
	cmd := &cobra.Command{
		Use:   "ops",
		Short: "Find what is stuck, and push it on",
		Long: "The operator's bench, by the API of administrators.\n\n" +
			"BOXOFFICE_API_URL is where the API is (http://127.0.0.1:8080), BOXOFFICE_TOKEN an administrator's token. BOXOFFICE_EMAIL and\n" +
			"BOXOFFICE_PASSWORD get one: export BOXOFFICE_TOKEN=$(boxoffice ops login). Without a token every command logs in, which the\n" +
			"API lets nobody do more than ten times a minute.\n\n" +
			"Every command that changes something needs a --reason, which is kept. Typed once more, it finds the first: a command\n" +
			"that was cut off may be repeated. Exit code 1: it was refused; nothing has changed. Exit code 2: there was no answer to\n" +
			"tell, and it may have been carried out all the same; repeat it.",
		Args: cobra.NoArgs,
	}
	cmd.PersistentFlags().BoolVar(&o.asJSON, "json", false, "write the API's answer as JSON")
	cmd.AddCommand(loginCommand(), o.stuck(), o.expire(), o.admit(), o.move(), o.refund(), o.outside(), o.webhook(), o.actions(),
		o.startCascade("cancel-show <show>", "Cancel a show: everybody gets everything back", "/admin/shows/%s/cancel"),
		o.startCascade("deactivate-theatre <theatre>", "Close a theatre, and cancel its shows to come", "/admin/theatres/%s/deactivate"),
		o.startCascade("withdraw-movie <movie>", "Withdraw a movie, and cancel its shows to come", "/admin/movies/%s/withdraw"),
		o.cascade(),
		o.startCascade("pause <cascade>", "Have a cascade cancel nothing for a while", "/admin/cascades/%s/pause"),
		o.startCascade("resume <cascade>", "Have a paused cascade go on", "/admin/cascades/%s/resume"),
	)
	return cmd
}

// loginCommand prints a token, so that not every command has to log in.
func loginCommand() *cobra.Command {
	return &cobra.Command{
		Use: "login", Short: "Print a token for BOXOFFICE_TOKEN, by BOXOFFICE_EMAIL and BOXOFFICE_PASSWORD", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), opsPatience)
			defer cancel()
			config, err := fromEnv[opsConfig]()
			if err != nil {
				return err
			}
			config.Token = ""
			client, err := newOpsClient(ctx, config)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), client.token)
			return err
		},
	}
}

// operatorCommand adds what every command that changes something needs.
func (o *ops) operatorCommand(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&o.reason, "reason", "", "why; it is kept")
	if err := cmd.MarkFlagRequired("reason"); err != nil {
		panic(err) // the flag is there
	}
	return cmd
}

// keyedCommand also adds the flag of commands that somebody may want to carry out twice.
func (o *ops) keyedCommand(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&o.key, "key", "", "the Idempotency-Key; another one for the same command once more")
	return o.operatorCommand(cmd)
}

func (o *ops) keyOf(parts ...string) string {
	if o.key != "" {
		return o.key
	}
	return opsKey(append(parts, o.reason)...)
}

// get reads from the API and shows the answer.
func get[T any](cmd *cobra.Command, o *ops, path string, show func(io.Writer, T)) error {
	return run(cmd, o, http.MethodGet, path, "", nil, show)
}

// post has the API do something and shows the result.
func post[T any](cmd *cobra.Command, o *ops, path, key string, input any, show func(io.Writer, T)) error {
	return run(cmd, o, http.MethodPost, path, key, input, show)
}

func run[T any](cmd *cobra.Command, o *ops, method, path, key string, input any, show func(io.Writer, T)) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), opsPatience)
	defer cancel()
	config, err := fromEnv[opsConfig]()
	if err != nil {
		return err
	}
	client, err := newOpsClient(ctx, config)
	if err != nil {
		return err
	}
	body, err := client.call(ctx, method, path, key, input)
	if refused, ok := errors.AsType[*apiError](err); err != nil && (!ok || refused.status >= http.StatusInternalServerError) {
		return exitError{exitUnanswered, err}
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), string(trimmed(body)))
		return err
	}
	var answer T
	if err := json.Unmarshal(body, &answer); err != nil {
		return exitError{exitUnanswered, fmt.Errorf("read the answer: %w", err)}
	}
	show(cmd.OutOrStdout(), answer)
	return nil
}

func (o *ops) stuck() *cobra.Command {
	var (
		reason string
		limit  int
	)
	cmd := &cobra.Command{
		Use: "stuck", Short: "List what is stuck, and why", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.Itoa(limit)}}
			if reason != "" {
				query.Set("reason", reason)
			}
			return get(cmd, o, "/admin/stuck?"+query.Encode(), showStuck)
		},
	}
	cmd.Flags().StringVar(&reason, "why", "", "only RETRYING, OVERDUE, DEFECT, NO_WORKER, NO_WORKFLOW, PAUSED, REFUND_REFUSED or REFUND_DISPUTED")
	cmd.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return cmd
}

func (o *ops) expire() *cobra.Command {
	return o.operatorCommand(&cobra.Command{
		Use: "expire <booking>", Short: "End an unpaid hold now", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return post(cmd, o, "/admin/bookings/"+url.PathEscape(args[0])+"/expire", "", openapi.AdminReason{Reason: o.reason}, showExpiry)
		},
	})
}

func (o *ops) admit() *cobra.Command {
	return o.operatorCommand(&cobra.Command{
		Use: "admit <booking>", Short: "Let a ticket in whose charge was lost to the customer's bank", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return post(cmd, o, "/admin/bookings/"+url.PathEscape(args[0])+"/admit", "", openapi.AdminReason{Reason: o.reason}, showAdmission)
		},
	})
}

func (o *ops) move() *cobra.Command {
	var from, to []string
	cmd := o.keyedCommand(&cobra.Command{
		Use: "move <booking>", Short: "Give a confirmed booking other seats", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := openapi.MoveBookingRequest{ToSeats: to, Reason: o.reason}
			if len(from) > 0 {
				request.FromSeats = &from
			}
			key := o.keyOf("move", args[0], fmt.Sprint(from), fmt.Sprint(to))
			return post(cmd, o, "/admin/bookings/"+url.PathEscape(args[0])+"/move", key, request, showMove)
		},
	})
	cmd.Flags().StringSliceVar(&from, "from", nil, "which of its seats; all of them when left out")
	cmd.Flags().StringSliceVar(&to, "to", nil, "the new seats, as many: A1,A2")
	if err := cmd.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag is there
	}
	return cmd
}

func (o *ops) refund() *cobra.Command {
	cmd := &cobra.Command{Use: "refund", Short: "Push on a refund that the provider has refused, or end it", Args: cobra.NoArgs}
	for name, short := range map[string]string{
		"retry":  "Make another attempt",
		"divert": "Pay it into the customer's wallet instead",
		"settle": "End a refund that was given back in the provider's own dashboard",
		"close":  "End a refund whose money the customer's bank has given back",
	} {
		cmd.AddCommand(o.keyedCommand(&cobra.Command{
			Use: name + " <refund>", Short: short, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				key := o.keyOf("refund", name, args[0])
				return post(cmd, o, "/admin/refunds/"+url.PathEscape(args[0])+"/"+name, key, openapi.AdminReason{Reason: o.reason}, showRefund)
			},
		}))
	}
	return cmd
}

// outside deals with refunds that somebody made at the provider by hand.
func (o *ops) outside() *cobra.Command {
	cmd := &cobra.Command{Use: "outside", Short: "See refunds that were made in the provider's own dashboard, and say what they were for", Args: cobra.NoArgs}
	var all bool
	list := &cobra.Command{
		Use: "list", Short: "List those that wait for a decision, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filters := map[string]string{"open": "true"}
			if all {
				filters = nil
			}
			return get(cmd, o, "/admin/outside-refunds?"+query(filters), showOutsideRefunds)
		},
	}
	list.Flags().BoolVar(&all, "all", false, "those that have been decided, too")
	var seats []string
	assign := o.keyedCommand(&cobra.Command{
		Use: "assign <refund>", Short: "Cancel the seats that it was for", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := openapi.AssignOutsideRefundRequest{Reason: o.reason}
			if len(seats) > 0 {
				request.SeatIds = &seats
			}
			key := o.keyOf("outside", "assign", args[0], fmt.Sprint(seats))
			return post(cmd, o, "/admin/outside-refunds/"+url.PathEscape(args[0])+"/assign", key, request, showOutsideRefund)
		},
	})
	assign.Flags().StringSliceVar(&seats, "seats", nil, "which seats; all of the booking when left out")
	cmd.AddCommand(list, assign, o.keyedCommand(&cobra.Command{
		Use: "write-off <refund>", Short: "Say that it was for nothing that was owed, such as a goodwill", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key := o.keyOf("outside", "write-off", args[0])
			return post(cmd, o, "/admin/outside-refunds/"+url.PathEscape(args[0])+"/write-off", key, openapi.AdminReason{Reason: o.reason}, showOutsideRefund)
		},
	}))
	return cmd
}

func (o *ops) webhook() *cobra.Command {
	cmd := &cobra.Command{Use: "webhook", Short: "See what the payment provider has told, and deliver it again", Args: cobra.NoArgs}
	var bookingID, intentID, outcome string
	list := &cobra.Command{
		Use: "list", Short: "List what was received, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return get(cmd, o, "/admin/webhooks?"+query(map[string]string{"bookingId": bookingID, "paymentIntentId": intentID, "outcome": outcome}), showWebhooks)
		},
	}
	list.Flags().StringVar(&bookingID, "booking", "", "only what is about this booking")
	list.Flags().StringVar(&intentID, "intent", "", "only what is about this payment intent")
	list.Flags().StringVar(&outcome, "outcome", "", "only SIGNALLED, SETTLING, RECORDED, IGNORED or UNREADABLE")
	cmd.AddCommand(list, o.operatorCommand(&cobra.Command{
		Use: "replay <event>", Short: "Deliver a stored event again", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return post(cmd, o, "/admin/webhooks/"+url.PathEscape(args[0])+"/replay", "", openapi.AdminReason{Reason: o.reason}, showReplay)
		},
	}))
	return cmd
}

func (o *ops) actions() *cobra.Command {
	var subject, actor string
	cmd := &cobra.Command{
		Use: "actions", Short: "List what operators did, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return get(cmd, o, "/admin/actions?"+query(map[string]string{"subject": subject, "actor": actor}), showActions)
		},
	}
	cmd.Flags().StringVar(&subject, "subject", "", "only what was done to this booking, refund, event, show or cascade")
	cmd.Flags().StringVar(&actor, "actor", "", "only what this user did")
	return cmd
}

// startCascade makes a command that begins a cascade, or changes one.
func (o *ops) startCascade(use, short, path string) *cobra.Command {
	return o.operatorCommand(&cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return post(cmd, o, fmt.Sprintf(path, url.PathEscape(args[0])), "", openapi.AdminReason{Reason: o.reason}, showCascade)
		},
	})
}

func (o *ops) cascade() *cobra.Command {
	return &cobra.Command{
		Use: "cascade <cascade>", Short: "Tell how far a cascade is", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return get(cmd, o, "/admin/cascades/"+url.PathEscape(args[0]), showCascade)
		},
	}
}

// query writes the filters that are set, and asks for the longest page.
func query(filters map[string]string) string {
	values := url.Values{"limit": {"100"}}
	for name, value := range filters {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}
