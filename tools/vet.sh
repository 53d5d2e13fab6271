#!/bin/sh
# A tool for go vet -vettool: Go's own vet, which VET names, but for packages of the CDK that are only imported. Vet would type-check them all from source, to learn
# which of their functions print as fmt.Printf does: none.
for config; do :; done
case $config in
*.cfg)
  if grep -q '"VetxOnly": true' "$config" && grep -q '"ImportPath": "github.com/aws/aws-cdk-go/' "$config"; then
    : >"$(sed -n 's/^.*"VetxOutput": "\(.*\)",*$/\1/p' "$config")"
    exit 0
  fi
  ;;
esac
exec "$VET" "$@"
