// Package clients holds the contract to its purpose: a test takes it from a running system, has a Go client and a TypeScript client generated from it, and buys
// tickets with each. The clients are kept nowhere: they would have to be made anew with each change of the contract.
package clients
