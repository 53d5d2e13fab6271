package deployed

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// Changes that requests make beside CloudFormation, until it changes the same or removes the resource. What decides is the templates with these on top.

// stackOf identifies a stack.
type stackOf struct {
	Place
	name string
}

// propertyOf identifies a property of a resource; with property "", the whole resource, which is gone.
type propertyOf struct {
	stack        stackOf
	id, property string
}

// change is what a property is now.
type change struct {
	before string // what the template has, as JSON: once that is something else, CloudFormation has changed it again
	value  any    // nil for not set
}

// addition is a resource that no template has.
type addition struct {
	Place
	id         string // its logical ID
	kind       string
	properties map[string]any
	// identity are the properties by which two of the kind are the same. Once a template has the same, it decides.
	identity []string
	of       propertyOf // the resource that it belongs to; the zero value for none
}

// drift is all that requests have changed.
type drift struct {
	changes   map[propertyOf]change
	additions []*addition
	added     int // how many there have been
}

// addedStack is the name of the stack in which resources are that requests add.
const addedStack = "ChangesByRequests"

// prune forgets what the templates have changed since, and what belongs to resources that are gone.
func (d *drift) prune(base *assembly.Assembly) {
	resources := map[propertyOf]*assembly.Resource{}
	for _, stack := range base.Stacks {
		if stack.Parent != nil {
			continue
		}
		for _, r := range stack.Resources {
			resources[placeOf(r)] = r
		}
	}
	for of, c := range d.changes {
		r := resources[propertyOf{of.stack, of.id, ""}]
		if r == nil || before(r, of.property) != c.before {
			delete(d.changes, of)
		}
	}
	d.additions = slices.DeleteFunc(d.additions, func(a *addition) bool {
		return slices.ContainsFunc(base.OfType(a.kind), func(r *assembly.Resource) bool {
			return !slices.ContainsFunc(a.identity, func(name string) bool { return asJSON(r.Properties[name]) != asJSON(a.properties[name]) })
		})
	})
	there := map[propertyOf]bool{{}: true}
	for of := range resources {
		there[of] = true
	}
	for _, a := range d.additions {
		there[propertyOf{stackOf{a.Place, addedStack}, a.id, ""}] = true
	}
	d.additions = slices.DeleteFunc(d.additions, func(a *addition) bool { return !there[a.of] })
}

// placeOf is where a resource is.
func placeOf(r *assembly.Resource) propertyOf {
	return propertyOf{stackOf{Place{r.Stack.Account, r.Stack.Region}, r.Stack.Name}, r.LogicalID, ""}
}

// before is what a resource has by its template: a property, or all of them.
func before(r *assembly.Resource, property string) string {
	if property == "" {
		return asJSON(r.Properties)
	}
	return asJSON(r.Properties[property])
}

// asJSON never fails: properties are texts, numbers, lists and objects of them.
func asJSON(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// on are the templates with the changes on top, and those of the resources that were added, which it writes into a directory.
func (d *drift) on(files []assembly.TemplateFile, directory string) ([]assembly.TemplateFile, error) {
	all := slices.Clone(files)
	for i, f := range all {
		for of, c := range d.changes {
			if of.stack != (stackOf{Place{f.Account, f.Region}, f.StackName}) {
				continue
			}
			if all[i].Drift == nil {
				all[i].Drift = map[string]map[string]any{}
			}
			properties, isThere := all[i].Drift[of.id]
			switch {
			case of.property == "" || isThere && properties == nil:
				all[i].Drift[of.id] = nil
			case properties == nil:
				all[i].Drift[of.id] = map[string]any{of.property: c.value}
			default:
				properties[of.property] = c.value
			}
		}
	}
	byPlace := map[Place]map[string]any{}
	for _, a := range d.additions {
		if byPlace[a.Place] == nil {
			byPlace[a.Place] = map[string]any{}
		}
		byPlace[a.Place][a.id] = map[string]any{"Type": a.kind, "Properties": a.properties}
	}
	for _, at := range slices.SortedFunc(maps.Keys(byPlace), func(a, b Place) int { return strings.Compare(a.Account+a.Region, b.Account+b.Region) }) {
		path := filepath.Join(directory, addedStack+"-"+at.Account+"-"+at.Region+".json")
		if err := os.WriteFile(path, []byte(asJSON(map[string]any{"Resources": byPlace[at]})), 0o600); err != nil {
			return nil, err
		}
		all = append(all, assembly.TemplateFile{Path: path, Account: at.Account, Region: at.Region, StackName: addedStack})
	}
	return all, nil
}

// edit is what one request changes.
type edit struct {
	*Now
	base      *assembly.Assembly
	at        Place
	changes   map[propertyOf]change
	additions []*addition
	dropped   map[string]bool           // of the additions of earlier requests, by logical ID
	rewritten map[string]map[string]any // of their properties
}

// set gives a property of a resource another value; nil for none.
func (e *edit) set(r *assembly.Resource, property string, value any) {
	of := placeOf(r)
	if of.stack.name == addedStack {
		if e.rewritten[r.LogicalID] == nil {
			e.rewritten[r.LogicalID] = map[string]any{}
		}
		e.rewritten[r.LogicalID][property] = value
		return
	}
	of.property = property
	e.changes[of] = change{e.inTemplate(of), value}
}

// remove removes a resource.
func (e *edit) remove(r *assembly.Resource) {
	of := placeOf(r)
	if of.stack.name == addedStack {
		e.dropped[r.LogicalID] = true
		return
	}
	e.changes[of] = change{before: e.inTemplate(of)}
}

// inTemplate is what the template has of a resource.
func (e *edit) inTemplate(of propertyOf) string {
	for _, stack := range e.base.Stacks {
		for _, r := range stack.Resources {
			if place := placeOf(r); place.stack == of.stack && place.id == of.id && stack.Parent == nil {
				return before(r, of.property)
			}
		}
	}
	return ""
}

// add adds a resource that belongs to another; nil for none.
func (e *edit) add(kind string, properties map[string]any, belongsTo *assembly.Resource, identity ...string) {
	one := &addition{Place: e.at, kind: kind, properties: properties, identity: identity}
	if belongsTo != nil {
		one.of = placeOf(belongsTo)
	}
	e.additions = append(e.additions, one)
}

// into puts what a request changes on top of what others have.
func (e *edit) into(d *drift) {
	var left []*addition
	for _, a := range d.additions {
		if e.dropped[a.id] {
			continue
		}
		for name, value := range e.rewritten[a.id] {
			a.properties = maps.Clone(a.properties)
			if a.properties[name] = value; value == nil {
				delete(a.properties, name)
			}
		}
		left = append(left, a)
	}
	for _, a := range e.additions {
		d.added++
		a.id = fmt.Sprint("Added", d.added)
	}
	d.additions = append(left, e.additions...)
	maps.Copy(d.changes, e.changes)
}

// find are the resources of a type in the place of the request that fit. Those of nested stacks are not there: CloudFormation lists their IDs apart.
func (e *edit) find(kind string, fits func(*assembly.Resource) bool) (all []*assembly.Resource) {
	for _, r := range e.assembly.OfType(kind) {
		if r.Stack.Account == e.at.Account && (r.Stack.Region == e.at.Region || strings.HasPrefix(kind, "AWS::IAM::") || strings.HasPrefix(kind, "AWS::S3::")) && r.Stack.Parent == nil && fits(r) {
			all = append(all, r)
		}
	}
	return all
}
