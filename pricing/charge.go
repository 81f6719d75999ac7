package pricing

// Charge says how much of a card charge is left, and what was given back of it outside, in minor units.
type Charge struct {
	// Left is what may still be paid out of it, to any tender; negative when our refunds and those made
	// outside come to more than it has collected.
	Left int64
	// Free was given back outside and has not paid anything that we owed yet; WrittenOff was given back outside without being owed.
	Free, WrittenOff int64
}

// PaidOutside says how much of what is owed of a charge has been paid by refunds made outside. What is free counts first.
// What was written off counts only as far as nothing else is left of the charge: nobody gets more back than was collected.
func (c Charge) PaidOutside(owed int64) (free, writtenOff int64) {
	free = min(owed, c.Free)
	return free, min(max(owed-free-max(c.Left, 0), 0), c.WrittenOff)
}
