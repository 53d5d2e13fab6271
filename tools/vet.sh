#!/bin/sh
# A tool for go vet -vettool: Go's own vet, which VET names, but for packages of others that are only imported. Vet would type-check them all from source, to
# learn which of their functions print as fmt.Printf does, beside those of Go's own library, which it knows.
for config; do :; done
case $config in
*.cfg)
  if grep -q '"VetxOnly": true' "$config" && ! grep -q '"ImportPath": "github.com/crossgrant/' "$config"; then
    : >"$(sed -n 's/^.*"VetxOutput": "\(.*\)",*$/\1/p' "$config")"
    exit 0
  fi
  ;;
esac
exec "$VET" "$@"
