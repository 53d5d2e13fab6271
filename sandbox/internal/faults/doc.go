// Package faults holds tests that let the functions' requests go wrong, end the functions at any point, and change objects under them, and then
// count: nothing may be lost. It has no code for other packages.
//
//	make faults                                   all of it, on each server that can be had
//	make distributed                              100,000 objects copied by the state machine, with figures
//	go test ./sandbox/internal/faults             less of it, on moto alone
//	go test ./sandbox/internal/faults -seed 7     the same with other choices
//	go test ./sandbox/internal/faults -short      a sample of it, by the seed
package faults
