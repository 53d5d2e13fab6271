// Package rollback keeps which deployments were refused, and writes that into the local AWS's answers about their stacks: the events, and the status of a stack
// that was rolled back. The local AWS itself knows nothing of them. It decides nothing.
package rollback

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"slices"
	"strings"
	"sync"
	"time"
)

// Event is an event of a stack or of one of its resources.
type Event struct {
	LogicalID, PhysicalID, Type, Status, Reason string

	id, at string
}

// Stacks are the stacks of which deployments were refused. The zero value has none. It is safe for use by several goroutines.
type Stacks struct {
	mutex sync.Mutex
	all   map[string]*stack // by ID
}

// stack is what the local AWS does not know of a stack.
type stack struct {
	name           string
	status, reason string  // "" for those that the local AWS has
	events         []Event // the newest first
}

// maxEvents limits the events of a stack. The oldest are forgotten.
const maxEvents = 1000

// Refuse notes a deployment that was refused: its events in their order, and the status that the stack has from now on. With "" the stack keeps its status.
func (all *Stacks) Refuse(id, name, status, reason string, events []Event) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if all.all == nil {
		all.all = map[string]*stack{}
	}
	of := all.all[id]
	if of == nil {
		of = &stack{name: name}
		all.all[id] = of
	}
	if status != "" {
		of.status, of.reason = status, reason
	}
	at := time.Now().UTC()
	for _, e := range events {
		e.id, e.at = newID(), at.Format("2006-01-02T15:04:05.000000Z")
		at = at.Add(time.Millisecond) // so that clients that sort them keep their order
		of.events = slices.Insert(of.events, 0, e)
	}
	of.events = of.events[:min(len(of.events), maxEvents)]
}

// Pass notes that a stack is deployed, so that the local AWS's status is right again.
func (all *Stacks) Pass(id string) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if of := all.all[id]; of != nil {
		of.status, of.reason = "", ""
	}
}

// Forget forgets all stacks.
func (all *Stacks) Forget() {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	all.all = nil
}

// Status is the status of a stack. "" for the one that the local AWS has.
func (all *Stacks) Status(id string) string {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if of := all.all[id]; of != nil {
		return of.status
	}
	return ""
}

func newID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// element is an element of XML.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Inside  []element `xml:",any"`
}

// at is the element within one, by the names on the way. Nil for none.
func (e *element) at(names ...string) *element {
	for _, name := range names {
		i := slices.IndexFunc(e.Inside, func(one element) bool { return one.XMLName.Local == name })
		if i < 0 {
			return nil
		}
		e = &e.Inside[i]
	}
	return e
}

// text is the text of an element within one. "" for none.
func (e *element) text(name string) string {
	if inside := e.at(name); inside != nil {
		return inside.Text
	}
	return ""
}

// set sets the text of an element within one. "" removes it.
func (e *element) set(name, text string) {
	inside := e.at(name)
	switch {
	case text == "":
		e.Inside = slices.DeleteFunc(e.Inside, func(one element) bool { return one.XMLName.Local == name })
	case inside != nil:
		inside.Text = text
	default:
		e.Inside = append(e.Inside, element{XMLName: xml.Name{Local: name}, Text: text})
	}
}

// lists are the lists of stacks in the answers of operations.
var lists = map[string]string{"DescribeStacks": "Stacks", "ListStacks": "StackSummaries", "DescribeStackEvents": "StackEvents"}

// Tells says that the answers to an operation tell the status or the events of stacks.
func Tells(operation string) bool { return lists[operation] != "" }

// Answer is an answer of the local AWS with what it does not know.
func (all *Stacks) Answer(operation string, body []byte) []byte {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	var answer element
	if len(all.all) == 0 || xml.Unmarshal(body, &answer) != nil {
		return body
	}
	list := answer.at(operation+"Result", lists[operation])
	if list == nil {
		return body
	}
	if operation == "DescribeStackEvents" {
		all.addEvents(list)
	} else {
		for i := range list.Inside {
			one := &list.Inside[i]
			if of := all.all[one.text("StackId")]; of != nil && of.status != "" && one.text("StackStatus") != "DELETE_COMPLETE" {
				one.set("StackStatus", of.status)
				one.set("StackStatusReason", of.reason)
			}
		}
	}
	space := answer.XMLName.Space
	plain(&answer)
	answer.XMLName.Space = space
	var out bytes.Buffer
	out.WriteString(xml.Header)
	if xml.NewEncoder(&out).Encode(answer) != nil {
		return body
	}
	return out.Bytes()
}

// addEvents adds the events of a stack, the newest first.
func (all *Stacks) addEvents(list *element) {
	if len(list.Inside) == 0 { // no stack is without events
		return
	}
	id := list.Inside[0].text("StackId")
	of := all.all[id]
	if of == nil {
		return
	}
	for _, e := range of.events {
		one := element{XMLName: xml.Name{Local: "member"}}
		for _, field := range [][2]string{{"StackId", id}, {"EventId", e.id}, {"StackName", of.name}, {"LogicalResourceId", e.LogicalID}, {"PhysicalResourceId", e.PhysicalID}, {"ResourceType", e.Type},
			{"Timestamp", e.at}, {"ResourceStatus", e.Status}, {"ResourceStatusReason", e.Reason}} {
			one.set(field[0], field[1])
		}
		list.Inside = append(list.Inside, one)
	}
	slices.SortStableFunc(list.Inside, func(a, b element) int { return strings.Compare(b.text("Timestamp"), a.text("Timestamp")) })
}

// plain removes the namespaces, which elements inherit, and the white space between elements.
func plain(e *element) {
	e.XMLName.Space = ""
	if len(e.Inside) > 0 {
		e.Text = ""
	}
	for i := range e.Inside {
		plain(&e.Inside[i])
	}
}
