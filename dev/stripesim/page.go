package stripesim

import (
	"net/http"
	"slices"
)

const (
	defaultPage = 10
	maxPage     = 100
)

var pageParams = []string{"limit", "starting_after", "ending_before", "created", "created["}

func checkPage(c *call) *apiError {
	limit, e := integer(c.form, "limit", false)
	if e != nil {
		return e
	}
	if c.form.Get("limit") != "" && (limit < 1 || limit > maxPage) {
		return invalid("parameter_invalid_integer", "limit", "This value must be between 1 and %d.", maxPage)
	}
	for _, name := range []string{"created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"} {
		if _, e := integer(c.form, name, false); e != nil {
			return e
		}
	}
	if c.form.Get("starting_after") != "" && c.form.Get("ending_before") != "" {
		return invalid("", "", "You may only specify one of these parameters: starting_after, ending_before.")
	}
	return nil
}

// listing is ids in the order of creation; index finds the place of one, or -1.
type listing struct {
	ids   []string
	index func(id string) int
}

// listingOf makes a listing of a few ids.
func listingOf(ids []string) listing {
	return listing{ids: ids, index: func(id string) int { return slices.Index(ids, id) }}
}

// page cuts a list, newest first. fits returns an object's time of creation and
// whether it belongs to the list.
func page[T any](c *call, url string, t *table[T], from listing, fits func(*T) (int64, bool)) (any, *apiError) {
	limit, _ := integer(c.form, "limit", false)
	orDefault(&limit, defaultPage)
	after, before := c.form.Get("starting_after"), c.form.Get("ending_before")
	order := from.ids
	first, last := len(order)-1, 0
	createdFits := c.createdFits()
	if after != "" {
		at := from.index(after)
		if at < 0 {
			return nil, missing("object", after, "starting_after", http.StatusBadRequest)
		}
		first = at - 1
	}
	if before != "" {
		at := from.index(before)
		if at < 0 {
			return nil, missing("object", before, "ending_before", http.StatusBadRequest)
		}
		last = at + 1
	}
	out := list{Object: "list", URL: url}
	data := []*T{}
	consider := func(id string) (more bool) {
		v := t.get(id)
		if v == nil {
			return true
		}
		created, ok := fits(v)
		if !ok || !createdFits(created) {
			return true
		}
		if int64(len(data)) == limit {
			out.HasMore = true
			return false
		}
		data = append(data, v)
		return true
	}
	if before == "" {
		for i := first; i >= last; i-- {
			if !consider(order[i]) {
				break
			}
		}
	} else {
		// The page that ends just before: collected from its end.
		for i := last; i <= first; i++ {
			if !consider(order[i]) {
				break
			}
		}
		slices.Reverse(data)
	}
	out.Data = data
	return out, nil
}

// createdFits tells by the parameters created and created[…] which times of
// creation are wanted.
func (c *call) createdFits() func(created int64) bool {
	var bounds []func(created int64) bool
	for name, within := range map[string]func(created, limit int64) bool{
		"created":      func(created, limit int64) bool { return created == limit },
		"created[gt]":  func(created, limit int64) bool { return created > limit },
		"created[gte]": func(created, limit int64) bool { return created >= limit },
		"created[lt]":  func(created, limit int64) bool { return created < limit },
		"created[lte]": func(created, limit int64) bool { return created <= limit },
	} {
		if c.form.Get(name) != "" {
			limit, _ := integer(c.form, name, false)
			bounds = append(bounds, func(created int64) bool { return within(created, limit) })
		}
	}
	return func(created int64) bool {
		return !slices.ContainsFunc(bounds, func(fits func(int64) bool) bool { return !fits(created) })
	}
}
