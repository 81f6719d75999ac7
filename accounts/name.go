package accounts

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"

	"github.com/boxoffice/boxoffice/booking"
)

// MaxName is how many characters a name may have.
const MaxName = 100

// Name returns a person's name as it is stored, or refuses a text that cannot be one.
//
// Names are mailed to addresses that nobody has confirmed, so a stranger could make us send a text of theirs to anybody.
// So a name contains nothing that a mail program turns into a link, and no character that breaks a line, changes the
// text's direction or is invisible. The joiners of Persian and of the scripts of India are allowed where they join.
func Name(text string) (string, error) {
	name := strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, neverInNames) || straysJoiner(name):
		return "", refuseName("A name has no control characters and none that cannot be seen.")
	case !strings.ContainsFunc(name, unicode.IsGraphic) || utf8.RuneCountInString(name) > MaxName:
		return "", refuseName("A name has 1 to " + strconv.Itoa(MaxName) + " characters.")
	case hasLink(name):
		return "", refuseName("A name has no web or e-mail address in it. Leave a space after a full stop.")
	}
	return name, nil
}

// NameOr is the name that an outside identity provider gives somebody, without what Name refuses, or another if nothing is left.
func NameOr(text, another string) string {
	kept := strings.Map(func(r rune) rune {
		if neverInNames(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(strings.TrimSpace(kept)); len(runes) > MaxName {
		kept = string(runes[:MaxName])
	}
	name, err := Name(kept)
	if err != nil {
		return another
	}
	return name
}

func refuseName(message string) error {
	return booking.InvalidField("name", message)
}

const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// neverInNames finds control characters, line breaks of every kind, and invisible characters: those
// that change the direction of the text, zero-width spaces, fillers, tags.
func neverInNames(r rune) bool {
	if r == nonJoiner || r == joiner {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}

// joined are the scripts in which a joiner or a non-joiner changes how a word is written.
var joined = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
	unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Myanmar, unicode.Khmer, unicode.Tibetan, unicode.Balinese,
	unicode.Javanese, unicode.Sundanese, unicode.Chakma, unicode.Brahmi, unicode.Grantha, unicode.Newa, unicode.Tirhuta,
}

// straysJoiner says that a joiner follows something other than a letter, or a mark of a letter, of a script that uses joiners.
func straysJoiner(name string) bool {
	before := ' '
	for _, r := range name {
		if (r == joiner || r == nonJoiner) && !unicode.In(before, joined...) {
			return true
		}
		before = r
	}
	return false
}

var (
	// scheme finds addresses by their beginning.
	scheme = regexp.MustCompile(`://|\bwww[0-9]{0,3}\.\S|\b(https?|ftps?|mailto|tel|sms|callto|skype|whatsapp|facetime|sip|xmpp|geo|maps|webcal|news|file|data|javascript|magnet|bitcoin):\S`)
	// mailbox finds e-mail addresses, and the handles of social networks.
	mailbox = regexp.MustCompile(`\S@|@\S`)
	// dotted finds what may be a host name, and what follows it directly.
	dotted = regexp.MustCompile(`([\pL\pM\pN_-]+(?:\.[\pL\pM\pN_-]+)+)\.?([/?#:]\S)?`)
	quad   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$`)
)

// hasLink says that some mail program would make a link of a part of a name: an address with its scheme, an e-mail address, a host
// with a path, or a bare host under an existing top-level domain. Letters with a full stop that name no such domain are initials.
func hasLink(name string) bool {
	folded := strings.NewReplacer("。", ".", string(joiner), "", string(nonJoiner), "").Replace(strings.ToLower(norm.NFKC.String(name)))
	if scheme.MatchString(folded) || mailbox.MatchString(folded) {
		return true
	}
	for _, found := range dotted.FindAllStringSubmatch(folded, -1) {
		host, follows := found[1], found[2]
		if follows != "" || quad.MatchString(host) || isTopLevel(host[strings.LastIndexByte(host, '.')+1:]) {
			return true
		}
	}
	return false
}

// isTopLevel says that the top-level domain exists.
func isTopLevel(label string) bool {
	ascii, err := idna.Punycode.ToASCII(label)
	if err != nil {
		return false
	}
	_, known := publicsuffix.PublicSuffix("a." + ascii)
	return known
}
