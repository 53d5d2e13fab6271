// Package architecture holds the test that imports follow the floors of ARCHITECTURE.md. It has no code for other packages.
package architecture
