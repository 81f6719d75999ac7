package main

import (
	"cmp"
	"slices"
)

// panels are all, in the order in which they are shown.
var panels = []string{panelMemory, panelHeap, panelGoroutines, panelDescriptors, panelConnections, panelOpen, panelSizes, panelLatency}

// sortProbes puts those of a panel together, in an order that is always the same.
func sortProbes(some []probe) {
	slices.SortFunc(some, func(a, b probe) int {
		return cmp.Or(slices.Index(panels, a.panel)-slices.Index(panels, b.panel), cmp.Compare(a.name, b.name))
	})
}

// find is the series of a name; an empty one when there is none.
func (w *watch) find(name string) *series {
	for _, p := range w.all() {
		if p.name == name {
			return p.series
		}
	}
	return &series{name: name}
}
