// Package seed fills a database with a catalogue to try Boxoffice on: real films, theatres of our own with their
// seat layouts, a week of shows, and accounts with money in their wallets.
//
// What a screen plays on a day follows from the screen and the day alone. So a later run arrives at the same ids,
// finds what is there, and adds the days that have come into reach.
package seed
