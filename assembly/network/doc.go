// Package network says how a workload of an assembly reaches a service of AWS: through which VPC endpoint or over the internet, or why it
// does not. It decides no policy: the endpoint's policy is given to whoever does.
//
//	net := network.Of(app)
//	for _, w := range net.Workloads() {
//		for _, path := range net.Paths(w, "sts", "eu-west-1") {
//			fmt.Println(w.Resource.LogicalID, path.Reaches, path.Remedy)
//		}
//	}
//
// It follows TCP port 443 over IPv4 to the service's regional host name: name resolution, route tables, gateways, security groups and
// network ACLs, both ways. What the templates leave open is open here, with the reason; nothing is guessed, and no answer yes rests on it.
//
// It knows nothing of IPv6, of firewalls and proxies, of what is beyond a transit gateway, and of what is set by hand after deployment.
package network
