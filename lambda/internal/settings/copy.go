package settings

import (
	"fmt"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// Copy is what the copy function needs to know.
type Copy struct {
	// Role is the trusted role that reads the one bucket and writes the other; none where the function has access itself.
	Role targetrole.Role
	// Region is the AWS region of the function and of both buckets.
	Region string
	// Origin is the bucket that is read, and Destination the one that is written; each a name or the alias of an access point.
	Origin, Destination string
	// Prefixes are the granted prefixes as declared, in both buckets; empty means the whole bucket.
	Prefixes []string
	// PartBytes is the size above which an object is copied in parts, and of a part: 5 MiB to 5 GiB. Default 256 MiB.
	PartBytes int64
	// Parallel is how many requests are made at once: 1 to 256. Default 16.
	Parallel int
}

// ReadCopy reads the environment of the copy function. One bucket is that of the grant, and the other one's variable says by its name
// which of them is read. Its error joins a Problem for every variable that is missing or malformed.
func ReadCopy(lookup Lookup) (Copy, error) {
	r := &reader{lookup: lookup}
	c := Copy{
		Role:   r.role(),
		Region: r.required("AWS_REGION", region, "a region such as ap-northeast-1"),
	}
	granted := r.required("CROSSGRANT_BUCKET", bucket, "the name of a bucket")
	origin := r.optional("CROSSGRANT_ORIGIN_BUCKET", bucket, "the name of a bucket")
	destination := r.optional("CROSSGRANT_DESTINATION_BUCKET", bucket, "the name of a bucket")
	c.Origin, c.Destination = origin, destination
	variable := "CROSSGRANT_COPY_PREFIXES"
	switch {
	case origin != "" && destination != "":
		r.problem("CROSSGRANT_ORIGIN_BUCKET", "it beside CROSSGRANT_DESTINATION_BUCKET", "only one of the two: the other bucket is CROSSGRANT_BUCKET")
	case origin != "":
		c.Destination = granted
	case destination != "":
		c.Origin = granted
		variable = "CROSSGRANT_PREFIXES" // a grant to read has this one
	default:
		r.problem("CROSSGRANT_ORIGIN_BUCKET", "neither it nor CROSSGRANT_DESTINATION_BUCKET",
			"one of the two: the bucket to copy from, or the bucket to copy to; the other bucket is CROSSGRANT_BUCKET")
	}
	if granted != "" && (granted == origin || granted == destination) {
		r.problem("CROSSGRANT_BUCKET", fmt.Sprintf("%q as origin and as destination", granted), "two buckets")
	}
	c.Prefixes = r.prefixes(variable)
	c.PartBytes = int64(r.whole("CROSSGRANT_COPY_PART_MIB", 5, 5120, 256)) << 20
	c.Parallel = r.whole("CROSSGRANT_COPY_PARALLEL", 1, 256, 16)
	return c, r.err()
}

// whole reads a whole number; absent is its value where the variable is absent or empty.
func (r *reader) whole(variable string, least, most, absent int) int {
	text, _ := r.lookup(variable)
	if text == "" {
		return absent
	}
	n, err := event.ParseWhole(variable, text, least, most)
	if err != nil {
		r.problem(variable, fmt.Sprintf("%q", text), fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n
}
