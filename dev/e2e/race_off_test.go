//go:build !race

package e2e_test

// raceDetector says that the tests run under the race detector, and so shall the product.
const raceDetector = false
