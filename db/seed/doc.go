// Package seed fills a database with a catalogue to try Boxoffice on: real films, theatres of our own with their
// seat layouts, a week of shows, and accounts with money in their wallets.
//
// What a screen plays on a day follows from the screen and the day alone. So a later run computes the
// same ids, finds the rows that exist, and adds the days that have come into range.
package seed
