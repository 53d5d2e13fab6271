#!/bin/sh
# A tool for go vet -vettool: Go's own vet, which VET names, but for packages of others that are only imported. Vet would type-check them all from source, to
# learn which of their functions print as fmt.Printf does, beside those of Go's own library, which it knows. It runs once for each of some 600 packages, so
# it starts no program to find that out.
for config; do :; done
case $config in
*.cfg)
  only='' ours='' output=''
  while read -r line; do
    case $line in
    '"VetxOnly": true,'*) only=yes ;;
    '"ImportPath": "github.com/crossgrant/'*) ours=yes ;;
    '"VetxOutput": "'*) output=${line#'"VetxOutput": "'} output=${output%%'"'*} ;;
    esac
  done <"$config"
  if [ "$only" ] && [ ! "$ours" ]; then
    : >"$output"
    exit 0
  fi
  ;;
esac
exec "$VET" "$@"
