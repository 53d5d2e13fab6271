package page

import "cmp"

// layout says where things go: beside each other, or all below each other on a phone.
type layout struct {
	drawing
	stacked bool
	dense   bool
	lines   map[*node]int // most at one side
	least   int           // where an account ends at least
	// nodeX is where nodes begin in a source account, and doorX where its doors do.
	nodeX, nodeW, doorX, doorW int
	// dataX is where nodes begin in a target account.
	dataX, dataW int
}

const (
	gap   = 12 // between boxes
	title = 30 // of a frame
)

func (p *picture) wide() drawing {
	draw := func(least int) (l layout, left, right int) {
		l = layout{drawing: drawing{Class: "wide", W: 1160}, lines: p.lines(), dense: p.dense(), nodeX: 36, nodeW: 290, doorX: 416, doorW: 170, dataX: 782, dataW: 336}
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
	l := layout{drawing: drawing{Class: "narrow", W: 340}, stacked: true, lines: p.lines(), dense: p.dense(), nodeX: 22, nodeW: 226, doorX: 22, doorW: 226, dataX: 22, dataW: 226}
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

// area draws a VPC: what runs there, and its ways out beside that or below.
func (l *layout) area(a *area, x, y, w int) int {
	at := l.open("area", a.name, x, y, w)
	y += title
	top, first, frames := y, len(l.Nodes), len(l.Frames)
	for _, one := range a.places {
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
		return l.beside(at, a.doors, top, max(y, l.least))
	}
	for _, n := range a.doors {
		y = l.draw(n, l.doorX, y, l.doorW)
	}
	l.close(at, y)
	return y
}

// beside draws doors spread over the height of what uses them.
func (l *layout) beside(at int, doors []*node, top, bottom int) int {
	first, y := len(l.Nodes), top
	for _, n := range doors {
		y = l.draw(n, l.doorX, y, l.doorW)
	}
	for i := range doors {
		l.move(first+i, (bottom-y)*(2*i+1)/(2*len(doors)))
	}
	l.close(at, max(y, bottom))
	return max(y, bottom)
}

// target draws a target account, roles above and data below, and returns where it ends.
func (l *layout) target(a *account, x, y, w int) int {
	called := "Target account "
	if a.copied {
		called = "What is copied, of account "
	}
	at := l.open("account", called+cmp.Or(a.name(), "unknown"), x, y, w)
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
