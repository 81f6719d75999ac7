package pricing

// Charge says how the money stands that a card was charged, in minor units.
type Charge struct {
	// Left is what may still be paid out of it, by whatever tender; negative when refunds of ours and those made outside come to more than it
	// has collected.
	Left int64
	// Free is what was given back outside and has paid nothing that we owed; WrittenOff what was given back outside for nothing.
	Free, WrittenOff int64
}

// PaidOutside says how much of what is owed of a charge refunds made outside have paid. What is free counts first. What was written off counts
// as far as the charge has nothing else left: nobody gets more back than was collected.
func (c Charge) PaidOutside(owed int64) (free, writtenOff int64) {
	free = min(owed, c.Free)
	return free, min(max(owed-free-max(c.Left, 0), 0), c.WrittenOff)
}
