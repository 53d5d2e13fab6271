package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// drawing is a picture with all its places, in pixels.
type drawing struct {
	// Class is "wide" or "narrow".
	Class  string
	W, H   int
	Frames []frame
	Lines  []line
	Nodes  []drawn
}

// box is where something is.
type box struct{ X, Y, W, H int }

func (b box) middle() int { return b.Y + b.H/2 }

// frame is a box around others.
type frame struct {
	box
	Class, Title, Full string
}

// drawn is a node in its place.
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

// line is an edge in its place.
type line struct {
	Grant     int
	Sign      sign
	D, Arrow  string
	MarkX     int
	MarkY     int
	Says      string
	edge      *edge
	y1, y2    int
	fromRight bool // it arrives where it left, at the right side
}

// draw adds a node, makes it as high as its texts and its lines need, and returns where the next one may be. Of many nodes only the
// titles are written, so that most of them are seen at once.
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

// ports spreads the lines of each node over its sides, in the order of where they lead, so that few cross.
func (d *drawing) ports(edges []*edge) {
	type side struct {
		n     *node
		right bool
	}
	// What does not pass lies above what does.
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
			bend = min(88, 24+abs(l.y2-l.y1)/6)
			c1, c2, end, arrow = x1+bend, x2+bend, x2+6, "l8-4v8z"
		}
		l.D = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, l.y1, c1, l.y1, c2, l.y2, end, l.y2)
		l.Arrow = "M" + strconv.Itoa(x2) + " " + strconv.Itoa(l.y2) + arrow
		// Marks of lines that lie side by side are not all at the same part of them.
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
