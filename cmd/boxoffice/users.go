package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/boxoffice/boxoffice/db"
)

// userChange says who changes what a user may do, and why.
type userChange struct{ by, reason string }

func usersCommand() *cobra.Command {
	users := &cobra.Command{
		Use:   "users",
		Short: "Take rights from users and give them, within seconds",
		Long: "Changes what a user may do, in the database at DATABASE_URL. Run it as the owner of the database. A user\n" +
			"is named by id or e-mail. Whatever tokens they have, the API follows within five seconds. It is told in the\n" +
			"list of what operators did.",
	}
	change := &userChange{}
	users.PersistentFlags().StringVar(&change.by, "by", "", "who does it: a name for the trail")
	users.PersistentFlags().StringVar(&change.reason, "reason", "", "why")
	users.AddCommand(
		change.command("disable", "Refuse a user everything, and log them in no more", func(ctx context.Context, q *db.Queries, who string) (string, error) {
			return change.setDisabled(ctx, q, who, true)
		}),
		change.command("enable", "Give a disabled user their rights back", func(ctx context.Context, q *db.Queries, who string) (string, error) {
			return change.setDisabled(ctx, q, who, false)
		}),
	)
	var role string
	setRole := change.command("set-role", "Give a user another role", func(ctx context.Context, q *db.Queries, who string) (string, error) {
		row, err := q.UserSetRole(ctx, db.UserSetRoleParams{
			Who: who, Role: strings.ToUpper(role), Actor: change.by, Reason: change.reason, CorrelationID: strings.ToLower(rand.Text()),
		})
		if db.Violates(err, "users_role_is_known") {
			return "", errors.New("--role must be CUSTOMER, STAFF, PARTNER or ADMIN")
		}
		return fmt.Sprintf("%s (%s) is %s now", row.ID, row.Email, row.Role), err
	})
	setRole.Flags().StringVar(&role, "role", "", "CUSTOMER, STAFF, PARTNER or ADMIN")
	_ = setRole.MarkFlagRequired("role")
	users.AddCommand(setRole)
	return users
}

func (a *userChange) setDisabled(ctx context.Context, q *db.Queries, who string, disabled bool) (string, error) {
	row, err := q.UserSetDisabled(ctx, db.UserSetDisabledParams{
		Who: who, Disabled: disabled, Actor: a.by, Reason: a.reason, CorrelationID: strings.ToLower(rand.Text()),
	})
	state := "enabled"
	if disabled {
		state = "disabled"
	}
	return fmt.Sprintf("%s (%s), %s, is %s now", row.ID, row.Email, row.Role, state), err
}

// command makes a command that changes a user and prints how the user then stands.
func (a *userChange) command(name, short string, do func(ctx context.Context, q *db.Queries, who string) (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   name + " <id or e-mail>",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(a.by) == "" || strings.TrimSpace(a.reason) == "" {
				return errors.New("--by and --reason must be given: they are kept with the change")
			}
			config, err := fromEnv[databaseConfig]()
			if err != nil {
				return err
			}
			pool, err := config.open(cmd.Context(), "boxoffice-users")
			if err != nil {
				return err
			}
			defer pool.Close()
			result, err := do(cmd.Context(), db.New(pool), args[0])
			if db.IsNotFound(err) {
				return fmt.Errorf("there is no user %s", args[0])
			}
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintln(cmd.OutOrStdout(), result)
			return nil
		},
	}
}
