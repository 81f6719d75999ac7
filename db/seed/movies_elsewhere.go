package seed

var moviesFromElsewhere = []movie{
	{
		id: "mv_casablanca", title: "Casablanca", year: 1942, runtime: 102, language: "en",
		genres: []string{"Drama", "Romance"}, dubs: []string{"de"},
		synopsis: "A café owner in wartime Morocco must choose between the woman who left him and helping her husband to escape.",
	},
	{
		id: "mv_the-grand-budapest-hotel", title: "The Grand Budapest Hotel", year: 2014, runtime: 99, language: "en",
		genres: []string{"Comedy", "Adventure"}, dubs: []string{"de"},
		synopsis: "A devoted concierge, accused of murdering a rich guest, clears his name with the help of his lobby boy.",
	},
	{
		id: "mv_interstellar", title: "Interstellar", year: 2014, runtime: 169, language: "en",
		genres: []string{"Science Fiction", "Drama"}, dubs: []string{"de"}, formats: []string{formatIMAX},
		synopsis: "With the Earth's crops failing, a pilot leaves his children to look for a new home beyond a wormhole.",
	},
	{
		id: "mv_gravity", title: "Gravity", year: 2013, runtime: 91, language: "en",
		genres: []string{"Science Fiction", "Thriller"}, dubs: []string{"de"}, formats: []string{format3D, formatIMAX},
		synopsis: "Two astronauts are left drifting above the Earth after debris destroys their shuttle.",
	},
	{
		id: "mv_life-of-pi", title: "Life of Pi", year: 2012, runtime: 127, language: "en",
		genres: []string{"Adventure", "Drama"}, dubs: []string{"de", "hi", "ta", "te"}, formats: []string{format3D},
		synopsis: "A zookeeper's son from Pondicherry survives a shipwreck in a lifeboat that he has to share with a tiger.",
	},
	{
		id: "mv_mad-max-fury-road", title: "Mad Max: Fury Road", year: 2015, runtime: 120, language: "en",
		genres: []string{"Action", "Science Fiction"}, dubs: []string{"de"}, formats: []string{format3D},
		synopsis: "A drifter and a rebel driver race across a desert with a warlord's captive wives, and his whole army behind them.",
	},
	{
		id: "mv_paddington-2", title: "Paddington 2", year: 2017, runtime: 103, language: "en",
		genres: []string{"Family", "Comedy"}, dubs: []string{"de"},
		synopsis: "A polite bear goes to prison for stealing the pop-up book he was saving for, and improves the place.",
	},
	{
		id: "mv_into-the-spider-verse", title: "Spider-Man: Into the Spider-Verse", year: 2018, runtime: 117, language: "en",
		genres: []string{"Animation", "Action"}, dubs: []string{"de", "hi"}, formats: []string{format3D},
		synopsis: "A Brooklyn teenager new to his powers meets Spider-people of other worlds and has to help them home.",
	},
	{
		id: "mv_everything-everywhere", title: "Everything Everywhere All at Once", year: 2022, runtime: 139, language: "en",
		genres: []string{"Science Fiction", "Comedy"}, dubs: []string{"de"},
		synopsis: "The owner of a failing laundrette, in the middle of a tax audit, is called upon by other versions of her life to save them all.",
	},
	{
		id: "mv_the-way-of-water", title: "Avatar: The Way of Water", year: 2022, runtime: 192, language: "en",
		genres: []string{"Science Fiction", "Adventure"}, dubs: []string{"de", "hi", "ta", "te", "kn"}, formats: []string{format3D, formatIMAX},
		synopsis: "Hunted out of the forest, a family of Pandora learns to live among the people of the reefs.",
	},
	{
		id: "mv_oppenheimer", title: "Oppenheimer", year: 2023, runtime: 180, language: "en",
		genres: []string{"Biography", "Drama"}, dubs: []string{"de", "hi"}, formats: []string{formatIMAX},
		synopsis: "The physicist who led the making of the atomic bomb is later made to answer for his past and his doubts.",
	},
	{
		id: "mv_dune-part-two", title: "Dune: Part Two", year: 2024, runtime: 166, language: "en",
		genres: []string{"Science Fiction", "Adventure"}, dubs: []string{"de", "hi"}, formats: []string{formatIMAX},
		synopsis: "Paul Atreides learns the desert's ways among the Fremen and fears the holy war that his legend may start.",
	},
	{
		id: "mv_seven-samurai", title: "Seven Samurai", year: 1954, runtime: 207, language: "ja",
		genres:   []string{"Action", "Drama"},
		synopsis: "Farmers who have nothing but rice to offer hire seven masterless samurai to defend their harvest from bandits.",
	},
	{
		id: "mv_spirited-away", title: "Spirited Away", year: 2001, runtime: 125, language: "ja",
		genres: []string{"Animation", "Fantasy"}, dubs: []string{"en", "de"},
		synopsis: "A ten-year-old takes work in a bathhouse for spirits to free her parents, who have been turned into pigs.",
	},
	{
		id: "mv_your-name", title: "Your Name.", year: 2016, runtime: 106, language: "ja",
		genres: []string{"Animation", "Romance"}, dubs: []string{"en", "de"},
		synopsis: "A girl in the mountains and a boy in Tokyo wake up in each other's lives, until one day it stops.",
	},
	{
		id: "mv_godzilla-minus-one", title: "Godzilla Minus One", year: 2023, runtime: 125, language: "ja",
		genres: []string{"Science Fiction", "Drama"}, dubs: []string{"de"}, formats: []string{formatIMAX},
		synopsis: "A pilot who fled his duty in the war faces, in a country with nothing left, the monster that he once failed to shoot.",
	},
	{
		id: "mv_perfect-days", title: "Perfect Days", year: 2023, runtime: 124, language: "ja",
		genres:   []string{"Drama"},
		synopsis: "A man who cleans Tokyo's public toilets lives by cassettes, paperbacks and the light in the trees, until visitors stir up his past.",
	},
	{
		id: "mv_train-to-busan", title: "Train to Busan", year: 2016, runtime: 118, language: "ko",
		genres: []string{"Horror", "Action"}, dubs: []string{"de"},
		synopsis: "A father and his small daughter are on the early train from Seoul when the dead begin to board.",
	},
	{
		id: "mv_parasite", title: "Parasite", year: 2019, runtime: 132, language: "ko",
		genres: []string{"Thriller", "Comedy"}, dubs: []string{"de"},
		synopsis: "One by one the members of a poor family find work in a rich household, where they turn out not to be the only ones with a secret.",
	},
	{
		id: "mv_decision-to-leave", title: "Decision to Leave", year: 2022, runtime: 139, language: "ko",
		genres: []string{"Mystery", "Romance"}, dubs: []string{"de"},
		synopsis: "A sleepless detective in Busan falls for the widow whom he suspects of pushing her husband off a mountain.",
	},
	{
		id: "mv_amelie", title: "Amélie", year: 2001, runtime: 122, language: "fr",
		genres: []string{"Romance", "Comedy"}, dubs: []string{"de"},
		synopsis: "A shy waitress in Montmartre arranges other people's happiness in secret and has to be pushed towards her own.",
	},
	{
		id: "mv_the-intouchables", title: "The Intouchables", year: 2011, runtime: 112, language: "fr",
		genres: []string{"Comedy", "Drama"}, dubs: []string{"de"},
		synopsis: "A paralysed aristocrat hires as his carer the one applicant who came only for a signature.",
	},
	{
		id: "mv_portrait-of-a-lady-on-fire", title: "Portrait of a Lady on Fire", year: 2019, runtime: 122, language: "fr",
		genres: []string{"Romance", "Drama"}, dubs: []string{"de"},
		synopsis: "A painter must make the wedding portrait of a woman who refuses to sit, and so has to learn her by looking.",
	},
	{
		id: "mv_run-lola-run", title: "Run Lola Run", year: 1998, runtime: 81, language: "de",
		genres: []string{"Thriller"}, dubs: []string{"en"},
		synopsis: "Lola has twenty minutes to bring her boyfriend 100,000 marks, and three tries at it.",
	},
	{
		id: "mv_good-bye-lenin", title: "Good Bye, Lenin!", year: 2003, runtime: 121, language: "de",
		genres:   []string{"Comedy", "Drama"},
		synopsis: "A son keeps East Germany alive in one flat, so that his mother, back from a coma, need not learn that the Wall is gone.",
	},
	{
		id: "mv_the-lives-of-others", title: "The Lives of Others", year: 2006, runtime: 137, language: "de",
		genres:   []string{"Drama", "Thriller"},
		synopsis: "A Stasi captain who listens in on a playwright in East Berlin begins to leave things out of his reports.",
	},
	{
		id: "mv_all-quiet-on-the-western-front", title: "All Quiet on the Western Front", year: 2022, runtime: 148, language: "de",
		genres: []string{"War", "Drama"}, dubs: []string{"en"},
		synopsis: "A schoolboy who enlists with his friends in 1917 finds out what the war is while others bargain over its end.",
	},
	{
		id: "mv_pans-labyrinth", title: "Pan's Labyrinth", year: 2006, runtime: 118, language: "es",
		genres: []string{"Fantasy", "Drama"}, dubs: []string{"de"},
		synopsis: "In Spain after the civil war a girl at her stepfather's army post is given three tasks by a faun.",
	},
	{
		id: "mv_in-the-mood-for-love", title: "In the Mood for Love", year: 2000, runtime: 98, language: "zh",
		genres: []string{"Romance", "Drama"}, dubs: []string{"de"},
		synopsis: "Two neighbours in 1960s Hong Kong discover that their spouses are having an affair, and resolve not to be like them.",
	},
}
