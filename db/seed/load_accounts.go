package seed

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

const bcryptCost = 12

// newcomer is a demo account that the database does not know yet.
type newcomer struct {
	Account
	passwordHash string
}

// hashedNewcomers finds the accounts that are missing and hashes their passwords. That takes long, so it happens
// before any lock is taken.
func hashedNewcomers(ctx context.Context, q *db.Queries) ([]newcomer, error) {
	emails := make([]string, 0, len(Accounts))
	for _, account := range Accounts {
		emails = append(emails, account.Email)
	}
	present, err := q.SeedUsersPresent(ctx, emails)
	if err != nil {
		return nil, fmt.Errorf("find users: %w", err)
	}
	known := make(map[string]bool, len(present))
	for _, email := range present {
		known[email] = true
	}
	var missing []newcomer
	for _, account := range Accounts {
		if !known[account.Email] {
			missing = append(missing, newcomer{Account: account})
		}
	}
	return missing, hashPasswords(missing)
}

func hashPasswords(newcomers []newcomer) error {
	errs := make([]error, len(newcomers))
	var group sync.WaitGroup
	for i := range newcomers {
		group.Go(func() {
			hash, err := bcrypt.GenerateFromPassword([]byte(Password), bcryptCost)
			newcomers[i].passwordHash, errs[i] = string(hash), err
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// addAccounts adds users together with the money of their wallets. An address that somebody has registered meanwhile
// stays theirs, and brings them no money.
func addAccounts(ctx context.Context, q *db.Queries, newcomers []newcomer, sum *Summary) error {
	for _, n := range newcomers {
		added, err := q.SeedUser(ctx, db.SeedUserParams{
			ID: n.ID(), Email: n.Email, Name: n.Name, Role: n.Role, PasswordHash: n.passwordHash,
		})
		if err != nil {
			return fmt.Errorf("add user %s: %w", n.ID(), err)
		}
		if added == 0 {
			continue
		}
		sum.Users++
		for _, money := range n.Wallets {
			if err := giveMoney(ctx, q, n.ID(), money); err != nil {
				return fmt.Errorf("fill wallet of %s: %w", n.ID(), err)
			}
			sum.Wallets++
		}
	}
	return nil
}

// giveMoney opens a wallet and moves money into it from the house's promotions.
func giveMoney(ctx context.Context, q *db.Queries, userID string, money booking.Money) error {
	wallet := "wallet:" + userID + ":" + money.Currency
	if err := q.WalletOpen(ctx, db.WalletOpenParams{ID: wallet, UserID: userID, Currency: money.Currency}); err != nil {
		return err
	}
	_, err := q.LedgerPost(ctx, db.LedgerPostParams{
		Reference: "seed:" + userID + ":" + money.Currency,
		Reason:    "demo money",
		Accounts:  []string{"promotions:" + money.Currency, wallet},
		Amounts:   []int64{-money.Amount, money.Amount},
	})
	return err
}
