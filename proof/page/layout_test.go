package page

import (
	"fmt"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/proof"
)

// A line from a node to one below it, at the right of the picture, stays in it, with its mark.
func TestLinesStayInThePicture(t *testing.T) {
	for class, c := range map[string]struct{ w, x, nodeW int }{"wide": {1160, 782, 336}, "narrow": {340, 22, 226}} {
		d := drawing{Class: class, W: c.w}
		from, to := &node{box: box{c.x, 10, c.nodeW, 40}}, &node{box: box{c.x, 2000, c.nodeW, 40}}
		d.ports([]*edge{{from: from, to: to}})
		d.route()
		line := d.Lines[0]
		var x1, y1, c1, c2, end, y2, level1, level2 int
		if _, err := fmt.Sscanf(line.D, "M%d %dC%d %d %d %d %d %d", &x1, &y1, &c1, &level1, &c2, &level2, &end, &y2); err != nil {
			t.Fatal(err)
		}
		far := 0
		for step := range 101 {
			far = max(far, along(float64(step)/100, x1, c1, c2, end))
		}
		if far+markRadius >= c.w || far <= c.x+c.nodeW+6 || line.MarkX > far {
			t.Errorf("%s: found a line to %d and a mark at %d in a picture %d wide: %s", class, far, line.MarkX, c.w, line.D)
		}
	}
}

func TestIconsOfWhatRuns(t *testing.T) {
	for kind, expected := range map[string]string{"AWS::EC2::Instance": "instance", "AWS::Lambda::Function": "function", "AWS::ECS::TaskDefinition": "task"} {
		p := &picture{nodes: map[string]*node{}}
		c := &proof.Chain{}
		c.Caller = "arn:aws:iam::111111111111:role/reader"
		c.From = &network.Workload{Resource: &assembly.Resource{Type: kind, LogicalID: "Reader", Stack: &assembly.Stack{Account: "111111111111"}}}
		if found := p.caller(0, c); found.icon != expected || found.name() != "Reader" {
			t.Errorf("%s: found icon %s and name %s, expected %s and Reader", kind, found.icon, found.name(), expected)
		}
	}
}
