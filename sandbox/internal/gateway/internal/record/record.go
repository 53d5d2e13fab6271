// Package record keeps the last decisions of the gateway, and which parts of the deployed policies permitted a request. It decides nothing.
package record

import (
	"sync"
	"time"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Outcome is what became of a request.
type Outcome string

const (
	// Allowed was passed on, or answered by the gateway's own STS.
	Allowed Outcome = "allowed"
	// Denied is denied by policies, or because the sandbox does not know what it asks for.
	Denied Outcome = "denied"
	// NoRoute has no route to the service.
	NoRoute Outcome = "no route"
	// PassedUnknown was passed on although nobody knows what it asks for, since the gateway was told so.
	PassedUnknown Outcome = "passed on, unknown"
	// Refused is not from whom it says, or not written as the service expects it.
	Refused Outcome = "refused"
)

// Decision is one request and how it was decided.
type Decision struct {
	// Number counts the requests, from 1.
	Number int64 `json:"number"`
	// Time is when the request came, and Microseconds how long it took to decide it, without what the local AWS did.
	Time         time.Time `json:"time"`
	Microseconds int64     `json:"microseconds"`
	// Caller is the ARN of the session that made it. "" if it is not known.
	Caller string `json:"caller,omitempty"`
	// From is the ARN of the function or the instance that it comes from. "" for outside of every VPC.
	From string `json:"from,omitempty"`
	// Service is the prefix of the service's actions, such as "s3", and Operation such as "GetObject". "" if they are not known.
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
	// Outcome is what became of it, and Says why if it was not allowed.
	Outcome Outcome `json:"outcome"`
	Says    string  `json:"says,omitempty"`
	// Asks are what had to be permitted, up to the first that was not, and More how many there are beside them.
	Asks []Ask `json:"asks,omitempty"`
	More int   `json:"more,omitempty"`

	chains []*proof.Chain
}

// Ask is one thing that had to be permitted.
type Ask struct {
	// Chain is how it was decided, hop by hop.
	Chain proof.ChainJSON `json:"chain"`
	// Remedies are what to change so that it passes. None for one that does.
	Remedies []string `json:"remedies,omitempty"`
}

// mostAsks is how many asks of a request are kept: DeleteObjects can have 1,000.
const mostAsks = 20

// Asked adds something that was decided.
func (d *Decision) Asked(chain *proof.Chain) { d.chains = append(d.chains, chain) }

// Record keeps decisions. It is safe for use by several goroutines.
type Record struct {
	most, mostBytes int

	mutex sync.Mutex
	kept  []Decision // the oldest one first
	sizes []int      // of those kept
	bytes int
	last  int64
	used  used
	since time.Time
}

// The limits of a record.
const (
	// Most is how many decisions are kept, and MostBytes how many bytes their texts have together at most.
	Most, MostBytes = 4000, 8 << 20
)

// New returns an empty record of at most so many decisions and bytes.
func New(most, mostBytes int) *Record {
	return &Record{most: most, mostBytes: mostBytes, since: time.Now()}
}

// Add numbers and keeps a decision, and forgets the oldest ones that are too many.
func (r *Record) Add(d *Decision, o Outcome, says string) {
	d.Outcome, d.Says, d.Microseconds = o, says, time.Since(d.Time).Microseconds()
	for _, chain := range d.chains {
		if len(d.Asks) == mostAsks {
			d.More++
			continue
		}
		ask := Ask{Chain: proof.NewChainJSON(chain)}
		if chain.Passes != policy.Yes {
			ask.Remedies = chain.Remedies()
		}
		d.Asks = append(d.Asks, ask)
	}
	size := d.size()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if o == Allowed {
		for _, chain := range d.chains {
			r.used.add(chain)
		}
	}
	d.chains = nil
	r.last++
	d.Number = r.last
	r.kept, r.sizes, r.bytes = append(r.kept, *d), append(r.sizes, size), r.bytes+size
	for len(r.kept) > 1 && (len(r.kept) > r.most || r.bytes > r.mostBytes) {
		r.bytes -= r.sizes[0]
		r.kept[0] = Decision{} // the memory of the list is used again
		r.kept, r.sizes = r.kept[1:], r.sizes[1:]
	}
}

// size is about how many bytes a decision takes.
func (d *Decision) size() int {
	n := 256 + len(d.Caller) + len(d.From) + len(d.Says)
	for _, a := range d.Asks {
		n += 256 + len(a.Chain.Caller) + len(a.Chain.Resource) + len(a.Chain.Assumes)
		for _, h := range a.Chain.Hops {
			n += 64 + len(h.What)
			for _, s := range h.Says {
				n += 16 + len(s)
			}
		}
		for _, s := range a.Remedies {
			n += 16 + len(s)
		}
	}
	return n
}

// After returns the kept decisions with a greater number, the oldest one first.
func (r *Record) After(number int64) []Decision {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	first := len(r.kept)
	for first > 0 && r.kept[first-1].Number > number {
		first--
	}
	return append([]Decision{}, r.kept[first:]...)
}

// Forget removes all decisions, and what was used. The numbers go on.
func (r *Record) Forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.kept, r.sizes, r.bytes, r.used, r.since = nil, nil, 0, used{}, time.Now()
}
