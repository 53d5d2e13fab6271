package page

import "github.com/crossgrant/crossgrant/policy"

// open begins a box, whose end is not known yet, and returns its index.
func (l *layout) open(class, name string, x, y, w int) int {
	name = policy.Readable(name)
	shown := fold(name, (w-24)*10/70, 1)[0]
	l.Frames = append(l.Frames, frame{box{x, y, w, 0}, class, shown, name})
	return len(l.Frames) - 1
}

func (l *layout) close(frame, y int) { l.Frames[frame].H = y - l.Frames[frame].Y }

// down moves all nodes and frames from the given ones on.
func (l *layout) down(node, frame, by int) {
	for i := node; i < len(l.Nodes); i++ {
		l.move(i, by)
	}
	for i := frame; i < len(l.Frames); i++ {
		l.Frames[i].Y += max(by, 0)
	}
}

// move moves a node down, if there is room.
func (l *layout) move(i, by int) {
	d := &l.Nodes[i]
	d.Y += max(by, 0)
	d.node.Y = d.Y
	for k := range d.Texts {
		d.Texts[k].Y += max(by, 0)
	}
}

// lines counts the lines at the busier side of each node, or on a phone's only one.
func (p *picture) lines() map[*node]int {
	in, out := map[*node]int{}, map[*node]int{}
	for _, e := range p.edges {
		out[e.from]++
		in[e.to]++
	}
	most := map[*node]int{}
	for _, n := range p.nodes {
		most[n] = max(in[n], out[n])
	}
	return most
}

// dense says that there are many nodes below each other.
func (p *picture) dense() bool {
	const many = 10
	below := 0
	for _, a := range p.targets {
		below = max(below, len(a.roles)+len(a.data))
	}
	return below > many
}

func (a *account) name() string { return policy.Readable(a.id) }
