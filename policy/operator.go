package policy

import "strings"

// family is a group of operators that read values in the same way.
type family uint8

const (
	strangeFamily family = iota // an operator that nobody knows
	stringFamily
	stringFoldFamily
	stringLikeFamily
	numberFamily
	dateFamily
	boolFamily
	binaryFamily
	addressFamily
	arnFamily
	nullFamily
)

// relation is how two numbers or dates have to lie.
type relation uint8

const (
	equal relation = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds says whether the relation is true of two values, given how they compare.
func (r relation) holds(compared int) bool {
	switch r {
	case less:
		return compared < 0
	case lessOrEqual:
		return compared <= 0
	case greater:
		return compared > 0
	case greaterOrEqual:
		return compared >= 0
	}
	return compared == 0
}

// set is how a key with several values is treated.
type set uint8

const (
	single set = iota
	allValues
	anyValue
)

// operator is a condition operator, such as "ForAnyValue:StringNotLikeIfExists".
type operator struct {
	family   family
	relation relation
	negated  bool
	ifExists bool
	set      set
}

// operators are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html, in lower
// case: AWS takes them in any case, and if it did not, such a policy could not exist.
var operators = map[string]operator{
	"stringequals":              {family: stringFamily},
	"stringnotequals":           {family: stringFamily, negated: true},
	"stringequalsignorecase":    {family: stringFoldFamily},
	"stringnotequalsignorecase": {family: stringFoldFamily, negated: true},
	"stringlike":                {family: stringLikeFamily},
	"stringnotlike":             {family: stringLikeFamily, negated: true},
	"numericequals":             {family: numberFamily},
	"numericnotequals":          {family: numberFamily, negated: true},
	"numericlessthan":           {family: numberFamily, relation: less},
	"numericlessthanequals":     {family: numberFamily, relation: lessOrEqual},
	"numericgreaterthan":        {family: numberFamily, relation: greater},
	"numericgreaterthanequals":  {family: numberFamily, relation: greaterOrEqual},
	"dateequals":                {family: dateFamily},
	"datenotequals":             {family: dateFamily, negated: true},
	"datelessthan":              {family: dateFamily, relation: less},
	"datelessthanequals":        {family: dateFamily, relation: lessOrEqual},
	"dategreaterthan":           {family: dateFamily, relation: greater},
	"dategreaterthanequals":     {family: dateFamily, relation: greaterOrEqual},
	"bool":                      {family: boolFamily},
	"binaryequals":              {family: binaryFamily},
	"ipaddress":                 {family: addressFamily},
	"notipaddress":              {family: addressFamily, negated: true},
	"arnequals":                 {family: arnFamily},
	"arnlike":                   {family: arnFamily},
	"arnnotequals":              {family: arnFamily, negated: true},
	"arnnotlike":                {family: arnFamily, negated: true},
	"null":                      {family: nullFamily},
}

// readOperator takes an operator's name apart; the family of one that is not known is strangeFamily.
func readOperator(name string) operator {
	rest, in := strings.ToLower(name), single
	if r, ok := strings.CutPrefix(rest, "forallvalues:"); ok {
		rest, in = r, allValues
	} else if r, ok := strings.CutPrefix(rest, "foranyvalue:"); ok {
		rest, in = r, anyValue
	}
	rest, ifExists := strings.CutSuffix(rest, "ifexists")
	o := operators[rest]
	if o.family == nullFamily && (ifExists || in != single) {
		return operator{}
	}
	o.ifExists, o.set = ifExists, in
	return o
}
