package seed

// Row I is left out where a theatre letters its rows the old way: on a ticket it reads like a 1.

// studio has 60 seats and one aisle.
var studio = layout{
	{"A", standard, []run{wheelchairs(2), seats(3), aisle, seats(5)}},
	{"B C D", standard, []run{seats(5), aisle, seats(5)}},
	{"E F", premium, []run{seats(5), aisle, seats(5)}},
}

// parlour has 72 recliners in pairs, with an aisle to every fourth.
var parlour = layout{
	{"A", recliner, []run{wheelchairs(2), seats(2), aisle, seats(4), aisle, seats(2), wheelchairs(2)}},
	{"B C D E F", recliner, []run{seats(4), aisle, seats(4), aisle, seats(4)}},
}

// cabin has 96 seats against one wall, with the only aisle on the right.
var cabin = layout{
	{"A B C", standard, []run{seats(9), aisle, seats(3)}},
	{"D", standard, []run{wheelchairs(2), seats(7), aisle, seats(3)}},
	{"E F G", premium, []run{seats(9), aisle, seats(3)}},
	{"H", recliner, []run{seats(9), aisle, seats(3)}},
}

// club has 124 seats: a curved front, and sofas at the back.
var club = layout{
	{"A", standard, []run{indent(2), seats(4), aisle, seats(4), indent(2)}},
	{"B", standard, []run{indent(1), seats(5), aisle, seats(5), indent(1)}},
	{"C D E", standard, []run{seats(6), aisle, seats(6)}},
	{"F", premium, []run{wheelchairs(2), seats(4), aisle, seats(4), wheelchairs(2)}},
	{"G H J K", premium, []run{seats(6), aisle, seats(6)}},
	{"L", recliner, []run{seats(5), indent(3), seats(5)}},
}

// gallery has 162 seats in three blocks, the middle one for those who came early.
var gallery = layout{
	{"A", standard, []run{indent(3), aisle, seats(8), aisle, indent(3)}},
	{"B C D E", standard, []run{seats(3), aisle, seats(8), aisle, seats(3)}},
	{"F", standard, []run{wheelchairs(3), aisle, seats(8), aisle, wheelchairs(3)}},
	{"G H J K L M", premium, []run{seats(3), aisle, seats(8), aisle, seats(3)}},
}

// hall has 218 seats: three blocks, wheelchair places in the middle, and recliners in the last row.
var hall = layout{
	{"A", standard, []run{indent(2), seats(2), aisle, seats(8), aisle, seats(2), indent(2)}},
	{"B C D E", standard, []run{seats(4), aisle, seats(8), aisle, seats(4)}},
	{"F", standard, []run{wheelchairs(2), seats(2), aisle, seats(8), aisle, seats(2), wheelchairs(2)}},
	{"G H J K L M N", premium, []run{seats(4), aisle, seats(8), aisle, seats(4)}},
	{"P", recliner, []run{seats(3), indent(2), seats(8), indent(2), seats(3)}},
}

// balcony has 282 seats: stalls from A, and upstairs a balcony whose rows have two letters.
var balcony = layout{
	{"A B", standard, []run{indent(2), seats(5), aisle, seats(6), aisle, seats(5), indent(2)}},
	{"C D E F G", standard, []run{seats(7), aisle, seats(6), aisle, seats(7)}},
	{"H", standard, []run{wheelchairs(4), indent(3), aisle, seats(6), aisle, indent(3), wheelchairs(4)}},
	{"J K L", premium, []run{seats(7), aisle, seats(6), aisle, seats(7)}},
	{"AA BB", premium, []run{seats(7), aisle, seats(6), aisle, seats(7)}},
	{"CC DD", recliner, []run{indent(1), seats(6), aisle, seats(6), aisle, seats(6), indent(1)}},
}

// grand has 400 seats: a curved front and three aisles, for the great picture.
var grand = layout{
	{"A", standard, []run{indent(4), aisle, seats(7), aisle, seats(7), aisle, indent(4)}},
	{"B", standard, []run{indent(2), seats(2), aisle, seats(7), aisle, seats(7), aisle, seats(2), indent(2)}},
	{"C D E F G H", standard, []run{seats(4), aisle, seats(7), aisle, seats(7), aisle, seats(4)}},
	{"J", standard, []run{wheelchairs(4), aisle, seats(7), aisle, seats(7), aisle, wheelchairs(4)}},
	{"K L M N P Q R", premium, []run{seats(4), aisle, seats(7), aisle, seats(7), aisle, seats(4)}},
	{"S T U", recliner, []run{seats(3), indent(2), seats(7), aisle, seats(7), indent(2), seats(3)}},
}
