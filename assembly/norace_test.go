//go:build !race

package assembly_test

const raced = false
