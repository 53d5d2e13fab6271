package simulate

import "github.com/crossgrant/crossgrant/policy"

// ToPassEndpoint says what to add to the policies of endpoints so that the access passes these, whatever else stops it.
func (c *Chain) ToPassEndpoint() []string {
	var all []string
	for _, h := range c.Hops {
		if h.Trace == nil {
			continue
		}
		for _, l := range h.Trace.Layers {
			if l.Policy == policy.Endpoint && l.MissingAllow {
				r := h.Trace.Request
				if c.Pattern != "" && r.Action != "sts:AssumeRole" {
					r.Resource = c.Pattern
				}
				all = append(all, "add to "+h.Trace.PolicyWithoutAllow(policy.Endpoint)+":\n"+statement(r, policy.Endpoint))
			}
		}
	}
	return all
}
