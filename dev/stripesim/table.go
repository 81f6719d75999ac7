package stripesim

import "slices"

// table holds objects of one kind in the order of their creation and forgets
// the oldest beyond its limit.
type table[T any] struct {
	limit int
	byID  map[string]*T
	order []string
	// forgotten, if set, hears of every object beyond the limit.
	forgotten func(*T)
}

func newTable[T any](limit int) *table[T] {
	return &table[T]{limit: limit, byID: map[string]*T{}}
}

func (t *table[T]) get(id string) *T { return t.byID[id] }

func (t *table[T]) put(id string, v *T) {
	if _, ok := t.byID[id]; !ok {
		t.order = append(t.order, id)
	}
	t.byID[id] = v
	for len(t.order) > t.limit {
		if t.forgotten != nil {
			t.forgotten(t.byID[t.order[0]])
		}
		delete(t.byID, t.order[0])
		t.order = t.order[1:]
	}
}

func (t *table[T]) remove(id string) {
	if _, ok := t.byID[id]; !ok {
		return
	}
	delete(t.byID, id)
	t.order = slices.DeleteFunc(t.order, func(other string) bool { return other == id })
}

// oldestFirst walks all objects until yield returns false.
func (t *table[T]) oldestFirst(yield func(string, *T) bool) {
	for _, id := range t.order {
		if !yield(id, t.byID[id]) {
			return
		}
	}
}
