package seed

var moviesOfIndia = []movie{
	{
		id: "mv_pather-panchali", title: "Pather Panchali", year: 1955, runtime: 125, language: "bn",
		genres:   []string{"Drama"},
		synopsis: "Apu and his elder sister Durga grow up poor and curious in a Bengal village while their father is away looking for work.",
	},
	{
		id: "mv_ddlj", title: "Dilwale Dulhania Le Jayenge", year: 1995, runtime: 189, language: "hi",
		genres:   []string{"Romance", "Comedy"},
		synopsis: "Two Londoners fall in love on a train trip through Europe, and he follows her to Punjab to win over the father who has promised her to another.",
	},
	{
		id: "mv_lagaan", title: "Lagaan", year: 2001, runtime: 224, language: "hi",
		genres:   []string{"Drama", "Sport"},
		synopsis: "Villagers under a crushing land tax stake everything on beating their British rulers in a game of cricket they have yet to learn.",
	},
	{
		id: "mv_3-idiots", title: "3 Idiots", year: 2009, runtime: 170, language: "hi",
		genres:   []string{"Comedy", "Drama"},
		synopsis: "Two friends search for the classmate who taught them at engineering college that learning matters more than marks.",
	},
	{
		id: "mv_the-lunchbox", title: "The Lunchbox", year: 2013, runtime: 104, language: "hi",
		genres:   []string{"Romance", "Drama"},
		synopsis: "A lunch delivered to the wrong desk in Mumbai starts a correspondence between a lonely wife and a widower about to retire.",
	},
	{
		id: "mv_baahubali", title: "Baahubali: The Beginning", year: 2015, runtime: 159, language: "te",
		genres: []string{"Action", "Fantasy"}, dubs: []string{"hi", "ta"},
		synopsis: "A young man raised below a great waterfall climbs it and learns whose son he is, and whose throne was stolen.",
	},
	{
		id: "mv_dangal", title: "Dangal", year: 2016, runtime: 161, language: "hi",
		genres: []string{"Sport", "Drama"}, dubs: []string{"ta", "te"},
		synopsis: "A former wrestler in Haryana trains his daughters, against all custom, to win the medals that he never could.",
	},
	{
		id: "mv_andhadhun", title: "Andhadhun", year: 2018, runtime: 139, language: "hi",
		genres:   []string{"Thriller", "Comedy"},
		synopsis: "A pianist who pretends to be blind sees what he should not have seen, and cannot say so without giving himself away.",
	},
	{
		id: "mv_gully-boy", title: "Gully Boy", year: 2019, runtime: 154, language: "hi",
		genres:   []string{"Drama", "Music"},
		synopsis: "A student from the lanes of Dharavi finds in rap the words for a life that others have planned for him.",
	},
	{
		id: "mv_kumbalangi-nights", title: "Kumbalangi Nights", year: 2019, runtime: 135, language: "ml",
		genres:   []string{"Drama", "Comedy"},
		synopsis: "Four quarrelling brothers in a fishing village near Kochi become a family when one of them falls in love.",
	},
	{
		id: "mv_rrr", title: "RRR", year: 2022, runtime: 187, language: "te",
		genres: []string{"Action", "Drama"}, dubs: []string{"hi", "ta", "kn"}, formats: []string{format3D, formatIMAX},
		synopsis: "In 1920s Delhi two men become sworn friends, neither knowing that the other's mission is the opposite of his own.",
	},
	{
		id: "mv_kantara", title: "Kantara", year: 2022, runtime: 148, language: "kn",
		genres: []string{"Action", "Thriller"}, dubs: []string{"hi", "ta", "te"},
		synopsis: "A buffalo racer on the Karnataka coast stands between his village, a forest officer and a landlord, under the eyes of an old deity.",
	},
	{
		id: "mv_ponniyin-selvan-1", title: "Ponniyin Selvan: I", year: 2022, runtime: 167, language: "ta",
		genres: []string{"History", "Drama"}, dubs: []string{"hi", "te", "kn"}, formats: []string{formatIMAX},
		synopsis: "A cheerful messenger rides across the Chola kingdom with news for its princes, through a web of plots around an ailing king.",
	},
}
