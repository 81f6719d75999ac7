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

// page cuts a list, newest first. Its order is oldest first, and fits returns an
// object's time of creation and whether it belongs to the list.
func page[T any](c *call, url string, t *table[T], order []string, fits func(*T) (int64, bool)) (any, *apiError) {
	limit, _ := integer(c.form, "limit", false)
	orDefault(&limit, defaultPage)
	after, before := c.form.Get("starting_after"), c.form.Get("ending_before")
	first, last := len(order)-1, 0
	if after != "" {
		at := slices.Index(order, after)
		if at < 0 {
			return nil, missing("object", after, "starting_after", http.StatusBadRequest)
		}
		first = at - 1
	}
	if before != "" {
		at := slices.Index(order, before)
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
		if !ok || !c.createdFits(created) {
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

func (c *call) createdFits(created int64) bool {
	for name, ok := range map[string]func(limit int64) bool{
		"created":      func(l int64) bool { return created == l },
		"created[gt]":  func(l int64) bool { return created > l },
		"created[gte]": func(l int64) bool { return created >= l },
		"created[lt]":  func(l int64) bool { return created < l },
		"created[lte]": func(l int64) bool { return created <= l },
	} {
		if c.form.Get(name) == "" {
			continue
		}
		if limit, _ := integer(c.form, name, false); !ok(limit) {
			return false
		}
	}
	return true
}
