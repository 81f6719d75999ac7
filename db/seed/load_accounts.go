package seed

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/crypto/bcrypt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// passwordCost is the bcrypt cost of the demo accounts' password.
const passwordCost = 12

// newcomers are the demo accounts that the database does not know yet.
type newcomers struct {
	accounts     []Account
	passwordHash string // one for all: they share a password that is not secret
}

// findNewcomers finds the accounts that are missing, and hashes their password if there are any. That takes long, so
// it happens before any lock is taken.
func findNewcomers(ctx context.Context, q *db.Queries, cost int) (newcomers, error) {
	emails := make([]string, 0, len(Accounts))
	for _, account := range Accounts {
		emails = append(emails, account.Email)
	}
	present, err := q.SeedUsersPresent(ctx, emails)
	if err != nil {
		return newcomers{}, fmt.Errorf("find users: %w", err)
	}
	var found newcomers
	for _, account := range Accounts {
		if !slices.Contains(present, account.Email) {
			found.accounts = append(found.accounts, account)
		}
	}
	if len(found.accounts) == 0 {
		return found, nil
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(Password), cost)
	if err != nil {
		return newcomers{}, fmt.Errorf("hash password: %w", err)
	}
	found.passwordHash = string(hash)
	return found, nil
}

// addAccounts adds users with the money of their wallets and their theatres. An address that somebody
// has registered in the meantime stays theirs, and gets neither.
func addAccounts(ctx context.Context, q *db.Queries, found newcomers, sum *Summary) error {
	for _, account := range found.accounts {
		added, err := q.SeedUser(ctx, db.SeedUserParams{
			ID: account.ID(), Email: account.Email, Name: account.Name, Role: account.Role, PasswordHash: found.passwordHash,
		})
		if err != nil {
			return fmt.Errorf("add user %s: %w", account.ID(), err)
		}
		if added == 0 {
			continue
		}
		sum.Users++
		for _, money := range account.Wallets {
			if err := giveMoney(ctx, q, account.ID(), money); err != nil {
				return fmt.Errorf("fill wallet of %s: %w", account.ID(), err)
			}
			sum.Wallets++
		}
		if err := q.SeedPartnerTheatres(ctx, db.SeedPartnerTheatresParams{PartnerID: account.ID(), Theatres: account.Theatres}); err != nil {
			return fmt.Errorf("give %s theatres: %w", account.ID(), err)
		}
	}
	return nil
}

// giveMoney opens a wallet and moves money into it from the internal account for promotions.
func giveMoney(ctx context.Context, q *db.Queries, userID string, money booking.Money) error {
	wallet := "wallet:" + userID + ":" + money.Currency
	if err := q.WalletOpen(ctx, db.WalletOpenParams{ID: wallet, UserID: userID, Currency: money.Currency}); err != nil {
		return err
	}
	_, err := q.LedgerPost(ctx, db.LedgerPostParams{
		Reference: "seed:" + userID + ":" + money.Currency,
		Kind:      booking.LedgerGrant,
		Reason:    "demo money",
		Accounts:  []string{"promotions:" + money.Currency, wallet},
		Amounts:   []int64{-money.Amount, money.Amount},
	})
	return err
}
