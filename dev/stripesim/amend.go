package stripesim

import "fmt"

// Amend changes what an intent asks for until it is paid, as somebody may do who
// has the account's key. There is no event: only the payment shows it. An amount
// of zero or an empty currency stays as it is.
func (s *Server) Amend(intentID string, amount int64, currency string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.intents.get(intentID)
	switch {
	case in == nil:
		return fmt.Errorf("stripesim: no intent %q", intentID)
	case in.Status == succeeded, in.Status == canceled:
		return fmt.Errorf("stripesim: intent %q is %s", intentID, in.Status)
	}
	in = copyOf(in)
	if currency != "" {
		lower, e := currencyOf(currency)
		if e != nil {
			return fmt.Errorf("stripesim: %s", e.Message)
		}
		in.Currency = lower
	}
	if amount != 0 {
		in.Amount = amount
	}
	if e := checkAmount(in.Amount, in.Currency); e != nil {
		return fmt.Errorf("stripesim: %s", e.Message)
	}
	s.saveIntent(in)
	s.journal.flush()
	return nil
}
