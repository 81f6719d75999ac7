package seed

// RehearsalRoomID is the theatre in Mumbai that holds unpaid seats for only 20 seconds: the place to watch a hold expire.
const RehearsalRoomID = "th_rehearsal-room"

var cities = []city{mumbai, bengaluru, london, newYork, berlin}

var mumbai = city{
	id: "mumbai", name: "Mumbai", country: "IN", timeZone: "Asia/Kolkata", currency: "INR",
	taxBasisPoints: 1800, // goods and services tax
	originals:      []string{"hi", "en", "bn", "te", "ta", "ml", "ja", "ko"},
	dubs:           []string{"hi"},
	theatres: []theatre{
		{
			id: "th_kala-ghoda-lantern", name: "The Kala Ghoda Lantern",
			address: "14 Rope Walk Lane, Kala Ghoda, Mumbai 400001", area: "Kala Ghoda",
			fee: 30_00, prices: map[string]int64{standard: 280_00, premium: 360_00, recliner: 550_00},
			opens: at(10, 0), lastStart: at(23, 15),
			screens: []screen{
				{"Screen 1", grand, formatIMAX},
				{"Screen 2", hall, format3D},
				{"The Parlour", parlour, format2D},
			},
		},
		{
			id: "th_hill-road-talkies", name: "Hill Road Talkies",
			address: "92 Hill Road, Bandra West, Mumbai 400050", area: "Bandra West",
			fee: 25_00, prices: map[string]int64{standard: 240_00, premium: 320_00, recliner: 480_00},
			opens: at(10, 15), lastStart: at(23, 30),
			screens: []screen{
				{"Screen 1", balcony, format3D},
				{"Screen 2", club, format2D},
			},
		},
		{
			id: RehearsalRoomID, name: "The Rehearsal Room",
			address: "7 Dockyard Road, Mazgaon, Mumbai 400010", area: "Mazgaon",
			fee: 10_00, prices: map[string]int64{standard: 150_00, premium: 200_00},
			opens: at(10, 0), lastStart: at(23, 30), holdSeconds: 20,
			screens: []screen{{"The Studio", studio, format2D}},
		},
	},
}

var bengaluru = city{
	id: "bengaluru", name: "Bengaluru", country: "IN", timeZone: "Asia/Kolkata", currency: "INR",
	taxBasisPoints: 1800,
	originals:      []string{"kn", "en", "ta", "te", "ml", "hi", "ja"},
	dubs:           []string{"kn", "hi", "ta"},
	theatres: []theatre{
		{
			id: "th_silk-cotton-house", name: "The Silk Cotton House",
			address: "33 Kasturba Road, Bengaluru 560001", area: "Ashok Nagar",
			fee: 30_00, prices: map[string]int64{standard: 260_00, premium: 340_00, recliner: 520_00},
			opens: at(10, 0), lastStart: at(22, 45),
			screens: []screen{
				{"Screen 1", grand, formatIMAX},
				{"Screen 2", gallery, format3D},
				{"Screen 3", cabin, format2D},
			},
		},
		{
			id: "th_hundred-feet-theatre", name: "Hundred Feet Theatre",
			address: "518 100 Feet Road, Indiranagar, Bengaluru 560038", area: "Indiranagar",
			fee: 25_00, prices: map[string]int64{standard: 220_00, premium: 300_00, recliner: 450_00},
			opens: at(10, 30), lastStart: at(22, 45),
			screens: []screen{
				{"Screen 1", hall, format3D},
				{"Screen 2", club, format2D},
			},
		},
	},
}

var london = city{
	id: "london", name: "London", country: "GB", timeZone: "Europe/London", currency: "GBP",
	taxBasisPoints: 2000, // value added tax
	originals:      []string{"en", "fr", "hi", "ja", "ko", "de", "es", "zh"},
	dubs:           []string{"en"},
	theatres: []theatre{
		{
			id: "th_tanner-street", name: "The Tanner Street Cinema",
			address: "61 Tanner Street, London SE1 3PL", area: "Bermondsey",
			fee: 95, prices: map[string]int64{standard: 12_50, premium: 15_50, recliner: 19_50},
			opens: at(10, 30), lastStart: at(22, 15),
			screens: []screen{
				{"Screen 1", balcony, formatIMAX},
				{"Screen 2", gallery, format3D},
				{"Screen 3", cabin, format2D},
			},
		},
		{
			id: "th_lock-keepers", name: "The Lock Keeper's",
			address: "9 Jamestown Road, London NW1 7BY", area: "Camden Town",
			fee: 75, prices: map[string]int64{standard: 11_00, premium: 14_00, recliner: 18_00},
			opens: at(11, 0), lastStart: at(21, 45),
			screens: []screen{
				{"The Barge", club, format2D},
				{"The Towpath", parlour, format2D},
			},
		},
	},
}

var newYork = city{
	id: "new-york", name: "New York", country: "US", timeZone: "America/New_York", currency: "USD",
	taxBasisPoints: 0, // the state's sales tax leaves out admission to films
	originals:      []string{"en", "es", "hi", "ja", "ko", "fr", "zh"},
	dubs:           []string{"en"},
	theatres: []theatre{
		{
			id: "th_orchard-street", name: "Orchard Street Screens",
			address: "118 Orchard Street, New York, NY 10002", area: "Lower East Side",
			fee: 1_75, prices: map[string]int64{standard: 15_00, premium: 18_50, recliner: 23_00},
			opens: at(10, 15), lastStart: at(23, 0),
			screens: []screen{
				{"Screen 1", grand, formatIMAX},
				{"Screen 2", hall, format3D},
				{"Screen 3", cabin, format2D},
			},
		},
		{
			id: "th_canal-works", name: "The Canal Works",
			address: "270 Nevins Street, Brooklyn, NY 11217", area: "Gowanus",
			fee: 1_50, prices: map[string]int64{standard: 14_00, premium: 17_00},
			opens: at(11, 0), lastStart: at(22, 30),
			screens: []screen{
				{"Boiler", gallery, format2D},
				{"Turbine", studio, format2D},
			},
		},
	},
}

var berlin = city{
	id: "berlin", name: "Berlin", country: "DE", timeZone: "Europe/Berlin", currency: "EUR",
	taxBasisPoints: 700, // the reduced rate, which cinemas have
	originals:      []string{"de", "en", "fr", "ja", "ko", "es"},
	dubs:           []string{"de"},
	theatres: []theatre{
		{
			id: "th_uferlichtspiele", name: "Uferlichtspiele",
			address: "Paul-Lincke-Ufer 23, 10999 Berlin", area: "Kreuzberg",
			fee: 90, prices: map[string]int64{standard: 11_00, premium: 13_50, recliner: 17_00},
			opens: at(10, 45), lastStart: at(22, 30),
			screens: []screen{
				{"Saal 1", hall, format3D},
				{"Saal 2", cabin, format2D},
			},
		},
		{
			id: "th_kastanienhof", name: "Lichtspiele im Kastanienhof",
			address: "Kastanienallee 77, 10435 Berlin", area: "Prenzlauer Berg",
			fee: 70, prices: map[string]int64{standard: 10_00, premium: 12_50},
			opens: at(12, 0), lastStart: at(22, 0),
			screens: []screen{{"Großer Saal", gallery, format2D}},
		},
	},
}
