#!/usr/bin/env bash
# gremlins 0.6.0 counts mutants that do not compile as killed.
# Expected by a good engineer: a mutant that does not compile is "not viable", as gremlins' own words have it, and improves no score. Seen: it
# is KILLED. gremlins takes exit code 2 of `go test` for a failed build and 1 for a failed test, but `go test` exits with 1 for both. So every
# concatenation of strings, whose + becomes a -, makes the tests look better than they are.
# Exits with 1 if that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
mkdir bin shop
GOBIN="$dir/bin" go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
cd shop
cat > go.mod <<'MOD'
module example.com/shop

go 1.26
MOD
cat > shop.go <<'GO'
package shop

func Greet(name string) string {
	return "Hello " + name
}
GO
cat > shop_test.go <<'GO'
package shop

import "testing"

func TestNothing(t *testing.T) { _ = Greet("Asha") }
GO

mkdir ../mutant
cp go.mod shop_test.go ../mutant/
sed 's/+/-/' shop.go > ../mutant/shop.go
code=0
(cd ../mutant && go test .) > /dev/null 2>&1 || code=$?
echo "go test of a package that does not compile exits with $code"
result=$("$dir/bin/gremlins" unleash . --workers 1 --timeout-coefficient 100 | grep ARITHMETIC_BASE)
echo "gremlins: $result"
[ "$code" = 1 ] || { echo "changed: go test tells a failed build from a failed test"; exit 1; }
grep -q KILLED <<< "$result" || { echo "changed: a mutant that does not compile is no longer killed"; exit 1; }
