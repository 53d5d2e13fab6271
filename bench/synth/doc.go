// Package synth measures what a grant costs at synthesis, against the same resources written by hand. It is benchmarks only.
//
//	go test ./bench/synth -run none -bench . -benchtime 20x
package synth
