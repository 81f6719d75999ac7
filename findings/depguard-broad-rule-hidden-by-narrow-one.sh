#!/usr/bin/env bash
# depguard 2.2.1 (in golangci-lint 2.15.0): a narrower entry hides a broader one of the same list.
# Expected by a good engineer: with "deny: example.com/shop" and "deny: example.com/shop/api", everything of the shop is denied, the second
# entry only adds its own reason. Seen: an import is compared with one entry alone, the last that is not behind it in the alphabet. So
# example.com/shop/db, which comes after example.com/shop/api, is allowed; without the second entry it is denied. The same holds for "allow".
# Exits with 1 if that changes.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
mkdir shop shop/api shop/db shop/audit caller
cat > go.mod <<'MOD'
module example.com

go 1.26
MOD
for name in api db audit; do echo "package $name" > "shop/$name/$name.go"; done
cat > caller/caller.go <<'GO'
package caller

import (
	_ "example.com/shop/api"
	_ "example.com/shop/audit"
	_ "example.com/shop/db"
)
GO
mkdir bin
GOBIN="$dir/bin" go install github.com/OpenPeeDeeP/depguard/v2/cmd/depguard@v2.2.1

# denied prints which packages of the shop the caller must not import, with these entries under deny.
denied() {
  printf '{"main":{"listMode":"lax","files":["$all"],"deny":{%s}}}' "$1" > .depguard.json
  bin/depguard ./caller 2>&1 | grep -o "import 'example.com/shop/[a-z]*'" | grep -o '[a-z]*.$' | tr -d "'" | sort | tr '\n' ' ' || true
}

broad=$(denied '"example.com/shop":"none of it"')
both=$(denied '"example.com/shop":"none of it","example.com/shop/api":"least of all this"')
echo "denied by the broad entry: $broad"
echo "denied by the broad entry and a narrower one: $both"
[ "$broad" = "api audit db " ] || { echo "the broad entry alone does not deny all"; exit 1; }
[ "$both" = "api " ] || { echo "changed: the narrower entry does not hide the broader one any more"; exit 1; }
