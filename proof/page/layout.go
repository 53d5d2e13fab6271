package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// layout computes positions: side by side, or all below each other on a phone.
type layout struct {
	drawing
	stacked bool
	dense   bool
	lines   map[*node]int // at the busier side
	least   int           // the least bottom of an account
	// nodeX is where nodes begin in a source account, and exitX where its exits begin.
	nodeX, nodeW, exitX, exitW int
	// dataX is where nodes begin in a target account.
	dataX, dataW int
}

const (
	gap   = 12 // between boxes
	title = 30 // of a frame

	markRadius = 9 // of a line
)

func (p *picture) wide() drawing {
	draw := func(least int) (l layout, left, right int) {
		l = layout{drawing: drawing{Class: "wide", W: 1160}, lines: p.lines(), dense: p.dense(), nodeX: 36, nodeW: 290, exitX: 416, exitW: 170, dataX: 782, dataW: 336}
		left, right = 1, 1
		for i, a := range p.sources {
			l.least = 0
			if i == len(p.sources)-1 {
				l.least = least
			}
			left = l.source(a, 1, left, 612) + gap
		}
		for i, a := range p.targets {
			l.least = 0
			if i == len(p.targets)-1 {
				l.least = least
			}
			right = l.target(a, 760, right, 399) + gap
		}
		return l, left, right
	}
	_, left, right := draw(0)
	l, _, _ := draw(max(left, right) - gap) // both sides end together
	return l.finish(p, max(left, right))
}

func (p *picture) narrow() drawing {
	l := layout{drawing: drawing{Class: "narrow", W: 340}, stacked: true, lines: p.lines(), dense: p.dense(), nodeX: 22, nodeW: 226, exitX: 22, exitW: 226, dataX: 22, dataW: 226}
	y := 1
	for _, a := range p.sources {
		y = l.source(a, 1, y, 338) + gap
	}
	for _, a := range p.targets {
		y = l.target(a, 1, y, 338) + gap
	}
	return l.finish(p, y)
}

func (l *layout) finish(p *picture, bottom int) drawing {
	l.H = bottom - gap + 1
	l.ports(p.edges)
	l.route()
	return l.drawing
}

// source draws a source account, and returns where it ends.
func (l *layout) source(a *account, x, y, w int) int {
	at := l.open("account", "Source account "+cmp.Or(a.name(), "unknown"), x, y, w)
	y += title + 4
	least := l.least
	for i, one := range a.areas {
		l.least = 0
		if i == len(a.areas)-1 {
			l.least = least - gap
		}
		y = l.area(one, x+gap, y, w-2*gap) + gap
	}
	l.close(at, y)
	return y
}

// area draws a VPC: what runs there, and its exits at its side or below.
func (l *layout) area(a *area, x, y, w int) int {
	at := l.open("area", a.name, x, y, w)
	y += title
	top, first, frames := y, len(l.Nodes), len(l.Frames)
	for _, one := range a.subnets {
		place := -1
		if one.name != "" {
			place = l.open("place", one.name, l.nodeX-8, y, l.nodeW+16)
			y += title - 4
		}
		for _, n := range one.nodes {
			y = l.draw(n, l.nodeX, y, l.nodeW)
		}
		if place >= 0 {
			l.close(place, y)
			y += gap
		}
	}
	if !l.stacked {
		l.down(first, frames, (l.least-y)/2)
		return l.spread(at, a.exits, top, max(y, l.least))
	}
	for _, n := range a.exits {
		y = l.draw(n, l.exitX, y, l.exitW)
	}
	l.close(at, y)
	return y
}

// spread draws exits over the height of what uses them.
func (l *layout) spread(at int, exits []*node, top, bottom int) int {
	first, y := len(l.Nodes), top
	for _, n := range exits {
		y = l.draw(n, l.exitX, y, l.exitW)
	}
	for i := range exits {
		l.move(first+i, (bottom-y)*(2*i+1)/(2*len(exits)))
	}
	l.close(at, max(y, bottom))
	return max(y, bottom)
}

// target draws a target account, roles above and data below, and returns where it ends.
func (l *layout) target(a *account, x, y, w int) int {
	heading := "Target account "
	if a.copied {
		heading = "Copied data of account "
	}
	at := l.open("account", heading+cmp.Or(a.name(), "unknown"), x, y, w)
	y += title + 4
	for _, n := range a.roles {
		y = l.draw(n, l.dataX, y, l.dataW)
	}
	free := 2
	if len(a.roles) > 0 {
		y, free = y+gap, 1
	}
	first := len(l.Nodes)
	for _, n := range a.data {
		y = l.draw(n, l.dataX, y, l.dataW)
	}
	l.down(first, len(l.Frames), (l.least-y)/free)
	l.close(at, max(y, l.least))
	return max(y, l.least)
}

// open begins a frame, whose end is not known yet, and returns its index.
func (l *layout) open(class, name string, x, y, w int) int {
	name = policy.Readable(name)
	shown := fold(name, (w-24)*10/70, 1)[0]
	l.Frames = append(l.Frames, frame{box{x, y, w, 0}, class, shown, name})
	return len(l.Frames) - 1
}

func (l *layout) close(frame, y int) { l.Frames[frame].H = y - l.Frames[frame].Y }

// down moves the nodes and frames with these indexes and higher.
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

// lines counts the lines at the busier side of each node. On a phone it has one side.
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

// drawing is a picture with all positions, in pixels.
type drawing struct {
	// Class is "wide" or "narrow".
	Class  string
	W, H   int
	Frames []frame
	Lines  []line
	Nodes  []drawn
}

// box is the position of something.
type box struct{ X, Y, W, H int }

func (b box) middle() int { return b.Y + b.H/2 }

// frame is a box around others.
type frame struct {
	box
	Class, Title, Full string
}

// drawn is a node with its position.
type drawn struct {
	box
	Icon   string
	Grants string // as JavaScript and CSS find them: "0 3 17"
	Full   string
	Texts  []text

	node *node
}

// IconY is where its icon begins.
func (d drawn) IconY() int { return d.middle() - 10 }

// text is one line of a node.
type text struct {
	X, Y  int
	Class string
	Says  string
}

// line is an edge with its position.
type line struct {
	Grant     int
	Sign      sign
	D, Arrow  string
	MarkX     int
	MarkY     int
	Says      string
	edge      *edge
	y1, y2    int
	fromRight bool // it ends at the right side, where it began
}

// draw adds a node, as high as its texts and lines need, and returns where the next one may begin. Of many nodes it writes the titles only, so
// that most of them fit the screen.
func (l *layout) draw(n *node, x, y, w int) int {
	const iconWidth = 38
	one := drawn{node: n, Icon: n.icon, Full: n.full, Grants: strings.Trim(fmt.Sprint(n.grants), "[]")}
	sub := n.sub
	if l.dense {
		sub = ""
	}
	at := y + 20
	for _, says := range fold(n.title, (w-iconWidth-8)*10/74, 2) {
		one.Texts = append(one.Texts, text{x + iconWidth, at, "t", says})
		at += 16
	}
	for _, says := range fold(sub, (w-iconWidth-8)*10/62, 2) {
		one.Texts = append(one.Texts, text{x + iconWidth, at, "s", says})
		at += 14
	}
	n.box = box{x, y, w, max(at-y-6, 12+4*l.lines[n])}
	if free := y + n.H - (at - 6); free > 0 {
		for i := range one.Texts {
			one.Texts[i].Y += free / 2
		}
	}
	one.box = n.box
	l.Nodes = append(l.Nodes, one)
	if l.dense {
		return y + n.H + gap/2
	}
	return y + n.H + gap
}

// ports spreads the lines of each node over its sides, ordered by where they lead, so that few cross.
func (d *drawing) ports(edges []*edge) {
	type side struct {
		n     *node
		right bool
	}
	// What does not pass is above what does.
	edges = slices.Clone(edges)
	slices.SortStableFunc(edges, func(a, b *edge) int { return rank[a.passes] - rank[b.passes] })
	at := map[side][]*int{}
	other := map[*int]int{}
	d.Lines = make([]line, len(edges))
	for i, e := range edges {
		l := &d.Lines[i]
		*l = line{Grant: e.grant, Sign: ofAnswer(e.passes), edge: e, fromRight: d.Class == "narrow" || e.to.X < e.from.X+e.from.W}
		out, in := side{e.from, true}, side{e.to, l.fromRight}
		at[out], at[in] = append(at[out], &l.y1), append(at[in], &l.y2)
		other[&l.y1], other[&l.y2] = e.to.middle(), e.from.middle()
	}
	for s, ys := range at {
		slices.SortStableFunc(ys, func(a, b *int) int { return other[a] - other[b] })
		gap := min(9, (s.n.H-10)/len(ys))
		for i, y := range ys {
			*y = s.n.middle() + (2*i-len(ys)+1)*gap/2
		}
	}
}

// route draws each line as a curve that leaves to the right and arrives level.
func (d *drawing) route() {
	for i := range d.Lines {
		l := &d.Lines[i]
		x1, x2 := l.edge.from.X+l.edge.from.W, l.edge.to.X
		bend := max(40, (x2-x1)/2)
		c1, c2, end, arrow := x1+bend, x2-bend, x2-6, "l-8-4v8z"
		if l.fromRight {
			x2 += l.edge.to.W
			// Such a curve goes three quarters of its bend beyond the end that is further to the right. It and its mark stay in the picture.
			bend = min(88, 24+abs(l.y2-l.y1)/6, (d.W-max(x1, x2)-markRadius-2)*4/3)
			c1, c2, end, arrow = x1+bend, x2+bend, x2+6, "l8-4v8z"
		}
		l.D = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, l.y1, c1, l.y1, c2, l.y2, end, l.y2)
		l.Arrow = "M" + strconv.Itoa(x2) + " " + strconv.Itoa(l.y2) + arrow
		// Marks of neighbouring lines are not all at the same part of them.
		t := 0.5 + 0.13*float64(l.Grant%3-1)
		l.MarkX, l.MarkY = along(t, x1, c1, c2, end), along(t, l.y1, l.y1, l.y2, l.y2)
		l.Says = l.edge.from.name() + " to " + l.edge.to.name() + ": " + l.Sign.Word
	}
}

// along is a coordinate of a cubic Bézier curve.
func along(t float64, a, b, c, d int) int {
	u := 1 - t
	return int(u*u*u*float64(a) + 3*u*u*t*float64(b) + 3*u*t*t*float64(c) + t*t*t*float64(d) + 0.5)
}

func abs(n int) int { return max(n, -n) }
