package main

import (
	"fmt"
	"math"
)

// work is what a distributed copy copies. Its objects are spread evenly over its prefixes.
type work struct {
	objects  float64
	prefixes float64 // each is a Map Run, and all run at once
	bytes    float64 // of an object
	// batch is how many objects a child copies; 0 for the default.
	batch float64
	// keyRequests are the requests to KMS for each object: 2 without bucket keys, one for each side, and 0 with them.
	keyRequests float64
}

// result is what the copy takes.
type result struct {
	// refused says why it cannot be done like this. Then nothing else is known.
	refused string
	seconds float64
	// limit is what bounds the rate while most objects are copied.
	limit string
	// batchSeconds is what a batch takes if nothing else bounds it.
	batchSeconds float64
	// in US dollars
	requests, compute, states, keys, logs float64
}

func (r result) total() float64 { return r.requests + r.compute + r.states + r.keys + r.logs }

// objectRequests are the requests to S3 that one object takes beside the listings, by their prices: a COPY, or a HEAD, the tags, and an upload in
// parts.
func objectRequests(bytes float64) (writes, reads float64) {
	if parts := math.Ceil(bytes / partBytes.value); parts > 1 {
		return parts + 2, 2
	}
	return 1, 0
}

// functionRate is how many objects a second one function copies if nothing but itself and the time of S3's answers bounds it. What was measured of
// the processor is of objects with one request; parts take as much for each.
func functionRate(bytes float64) float64 {
	writes, reads := objectRequests(bytes)
	byAnswers := atOnce.value / ((writes+reads)*answerTime.value + bytes/bytesOfRequest.value)
	byProcessor := memory.value / fullProcessor.value / (processor.value * (writes + reads))
	return min(byAnswers, byProcessor)
}

// child is what a batch takes.
type child struct {
	seconds   float64 // if nothing else bounds it
	functions float64 // at once
	states    float64 // transitions
	events    float64 // of its history
}

// childOf is the child of a batch of objects of one size. Its function lists the destination first; large objects are left to functions of their own.
func childOf(bytes, objects float64) child {
	if bytes <= largeBytes.value {
		return child{seconds: answerTime.value + objects/functionRate(bytes), functions: 1, states: childStates.value}
	}
	functions := min(largeAtOnce.value, objects)
	return child{
		seconds: 2*answerTime.value + objects/functionRate(bytes)/functions, functions: functions,
		states: childStates.value + 1 + largeStates.value*objects, events: largeEvents.value * objects,
	}
}

// walkRate is the same of a function that lists a whole prefix.
func walkRate(bytes float64) float64 { return min(functionRate(bytes), prefixWrites.value) }

// bound is a rate of objects a second, and what bounds it.
type bound struct {
	rate float64
	name string
	busy bool // while it bounds, each child that may run is running, and waits
}

// simulate runs the copy second by second.
func simulate(w work) result {
	if w.batch == 0 {
		w.batch = batchItems.value
	}
	one := childOf(w.bytes, w.batch)
	switch {
	case w.prefixes > mapRuns.value:
		return result{refused: fmt.Sprintf("%s prefixes, and at most %s open Map Runs", count(w.prefixes), mapRuns.text)}
	case max(w.prefixes*parentEvents.value, one.events) > history.value:
		return result{refused: fmt.Sprintf("%s events, and a history ends at %s", count(max(w.prefixes*parentEvents.value, one.events)), history.text)}
	case w.objects/w.prefixes > items.value:
		return result{refused: fmt.Sprintf("a Map Run reads %s items: %s prefixes at least", items.text, count(math.Ceil(w.objects/items.value)))}
	}
	writes, reads := objectRequests(w.bytes)
	steady := []bound{
		{w.prefixes * prefixWrites.value / writes, "S3: writes under a prefix", true},
		{w.prefixes * prefixReads.value / (writes + reads), "S3: reads under a prefix", true}, // a COPY may count as one
		{w.prefixes * pageKeys.value / answerTime.value, "S3: one page after the other", false},
		{w.prefixes * dispatch.value * w.batch, "Step Functions: children started", false},
		{transitions.value / one.states * w.batch, "Step Functions: transitions", false},
	}
	if w.keyRequests > 0 {
		steady = append(steady, bound{kmsRequests.value / w.keyRequests, "KMS: requests", true})
	}
	// by each function that runs
	own := w.batch / one.seconds / one.functions
	wanted := w.prefixes * min(perPrefix.value, children.value) * one.functions
	atOnce, name := min(wanted, environments.value), "batches at once"
	if wanted > environments.value {
		name = "Lambda: concurrent executions"
	}
	r := result{batchSeconds: one.seconds}
	copiedBy := map[string]float64{}
	var billed float64 // seconds of all functions
	for left := w.objects; left > 0; {
		running := min(atOnce, min(scaling.value, assumeRoles.value)*(r.seconds+1))
		slowest := bound{running * own, name, true}
		if running < atOnce {
			slowest.name = "Lambda: new environments"
		}
		for _, b := range steady {
			if b.rate < slowest.rate {
				slowest = b
			}
		}
		second := min(1, left/slowest.rate)
		if !slowest.busy {
			running = slowest.rate / own
		}
		billed += running * second
		copied := slowest.rate * second
		copiedBy[slowest.name] += copied
		if copiedBy[slowest.name] > copiedBy[r.limit] {
			r.limit = slowest.name
		}
		r.seconds += second
		if left -= copied; left < 0.5 {
			break
		}
	}
	batches := math.Ceil(w.objects / w.batch)
	invocations := batches
	if one.functions > 1 {
		invocations += w.objects
	}
	listings := w.objects/pageKeys.value + batches
	r.requests = w.objects*(writes*writePrice.value+reads*readPrice.value) + listings*writePrice.value
	r.compute = billed*memory.value/1024*computePrice.value + invocations*invocationPrice.value
	r.states = batches * one.states * transitionPrice.value
	r.keys = w.objects * w.keyRequests * kmsPrice.value
	r.logs = batches * (logBytes.value*logPrice.value + tracePrice.value)
	return r
}

// batchOperations is what S3 Batch Operations costs for the same, with an inventory as its manifest.
func batchOperations(w work) float64 {
	return batchJobPrice.value + w.objects*(batchPrice.value+inventoryPrice.value+writePrice.value)
}
