package api

import "context"

// admission bounds how many holds this process has under way at Temporal. Every hold costs Temporal's database several
// transactions; when a show goes on sale, thousands of them at once would only make each other late. In the queue they cost
// nothing, and most of those who waited can then be refused by one read, because their seats have gone meanwhile.
type admission struct{ places chan struct{} }

func newAdmission(places int) *admission { return &admission{places: make(chan struct{}, places)} }

// enter takes a place, in the order of arrival, and says whether it had to be waited for. The error is that of ctx. Whoever
// has a place calls leave.
func (a *admission) enter(ctx context.Context) (waited bool, err error) {
	select {
	case a.places <- struct{}{}:
		return false, nil
	default:
	}
	select {
	case a.places <- struct{}{}:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}

func (a *admission) leave() { <-a.places }
