package main

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// dice are the random numbers of one subject.
type dice struct{ *rand.Rand }

// throw makes the dice of a subject. They depend only on the seed and on the subject's name, so what one subject draws does not depend on what others
// draw.
func throw(seed uint64, subject string) dice {
	sum := sha256.Sum256([]byte(subject))
	return dice{rand.New(rand.NewPCG(seed, binary.BigEndian.Uint64(sum[:8])))} //nolint:gosec // it has to be repeatable
}

// between is a time from least to most.
func (d dice) between(least, most time.Duration) time.Duration {
	return (least + time.Duration(d.Int64N(int64(most-least)+1))).Round(time.Millisecond)
}

// chance is true so many times in a hundred.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// oneOf is one of the choices.
func oneOf[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }

// weighted is something that is drawn more often the more it weighs.
type weighted[T any] struct {
	weight int
	what   T
}

// draw is one of the choices by their weights.
func draw[T any](d dice, choices []weighted[T]) T {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	at := d.IntN(total)
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			return c.what
		}
	}
	panic("unreachable: the weights add up")
}
