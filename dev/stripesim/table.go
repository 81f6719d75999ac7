package stripesim

import "slices"

// table holds objects of one kind in the order of their creation and forgets
// the oldest beyond its limit.
type table[T any] struct {
	limit int
	byID  map[string]*T
	order []string
	// number counts the objects in that order, from that of the oldest one: a page is found without a search.
	number map[string]int
	oldest int
	// forgotten, if set, is given every object beyond the limit.
	forgotten func(*T)
}

func newTable[T any](limit int) *table[T] {
	return &table[T]{limit: limit, byID: map[string]*T{}, number: map[string]int{}}
}

func (t *table[T]) get(id string) *T { return t.byID[id] }

func (t *table[T]) put(id string, v *T) {
	if _, ok := t.byID[id]; !ok {
		t.number[id] = t.oldest + len(t.order)
		t.order = append(t.order, id)
	}
	t.byID[id] = v
	for len(t.order) > t.limit {
		if t.forgotten != nil {
			t.forgotten(t.byID[t.order[0]])
		}
		delete(t.byID, t.order[0])
		delete(t.number, t.order[0])
		t.order = t.order[1:]
		t.oldest++
	}
}

// index is an object's place in the order, or -1.
func (t *table[T]) index(id string) int {
	number, ok := t.number[id]
	if !ok {
		return -1
	}
	return number - t.oldest
}

// all lists the whole table.
func (t *table[T]) all() listing { return listing{ids: t.order, index: t.index} }

// remove is for the odd one: it counts anew.
func (t *table[T]) remove(id string) {
	at := t.index(id)
	if at < 0 {
		return
	}
	delete(t.byID, id)
	delete(t.number, id)
	t.order = slices.Delete(t.order, at, at+1)
	for i, later := range t.order[at:] {
		t.number[later] = t.oldest + at + i
	}
}

// oldestFirst walks all objects until yield returns false.
func (t *table[T]) oldestFirst(yield func(string, *T) bool) {
	for _, id := range t.order {
		if !yield(id, t.byID[id]) {
			return
		}
	}
}
