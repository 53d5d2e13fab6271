// Package operator is the condition operators of IAM and the values that they compare: numbers, dates, booleans, binary data and IP addresses.
// It compares one value of a request with one of a policy. Strings and ARNs it leaves to the caller, since they may have wildcards and policy
// variables; and it knows no condition keys.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
package operator

import "strings"

// Family is a group of operators that read values in the same way.
type Family uint8

const (
	// Unsupported is an operator that AWS does not document.
	Unsupported Family = iota
	// String is StringEquals, StringFold StringEqualsIgnoreCase.
	String
	StringFold
	StringLike
	Numeric
	Date
	Bool
	Binary
	IPAddress
	ARN
	Null
)

// Relation is how two numbers or dates must compare.
type Relation uint8

const (
	Equal Relation = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// holds reports whether the relation is true of two values, given the result of comparing them.
func (r Relation) holds(compared int) bool {
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

// Set says how a key with several values is treated.
type Set uint8

const (
	// SingleValue is an operator without ForAllValues and ForAnyValue.
	SingleValue Set = iota
	ForAllValues
	ForAnyValue
)

// Operator is a condition operator, such as "ForAnyValue:StringNotLikeIfExists".
type Operator struct {
	Family   Family
	Relation Relation
	Negated  bool
	IfExists bool
	Set      Set
}

// operators are in lower case: AWS accepts operators in any case.
var operators = map[string]Operator{
	"stringequals":              {Family: String},
	"stringnotequals":           {Family: String, Negated: true},
	"stringequalsignorecase":    {Family: StringFold},
	"stringnotequalsignorecase": {Family: StringFold, Negated: true},
	"stringlike":                {Family: StringLike},
	"stringnotlike":             {Family: StringLike, Negated: true},
	"numericequals":             {Family: Numeric},
	"numericnotequals":          {Family: Numeric, Negated: true},
	"numericlessthan":           {Family: Numeric, Relation: less},
	"numericlessthanequals":     {Family: Numeric, Relation: lessOrEqual},
	"numericgreaterthan":        {Family: Numeric, Relation: greater},
	"numericgreaterthanequals":  {Family: Numeric, Relation: greaterOrEqual},
	"dateequals":                {Family: Date},
	"datenotequals":             {Family: Date, Negated: true},
	"datelessthan":              {Family: Date, Relation: less},
	"datelessthanequals":        {Family: Date, Relation: lessOrEqual},
	"dategreaterthan":           {Family: Date, Relation: greater},
	"dategreaterthanequals":     {Family: Date, Relation: greaterOrEqual},
	"bool":                      {Family: Bool},
	"binaryequals":              {Family: Binary},
	"ipaddress":                 {Family: IPAddress},
	"notipaddress":              {Family: IPAddress, Negated: true},
	"arnequals":                 {Family: ARN},
	"arnlike":                   {Family: ARN},
	"arnnotequals":              {Family: ARN, Negated: true},
	"arnnotlike":                {Family: ARN, Negated: true},
	"null":                      {Family: Null},
}

// Parse reads the name of an operator. The family of one that AWS does not document is Unsupported.
func Parse(name string) Operator {
	rest, set := strings.ToLower(name), SingleValue
	if r, ok := strings.CutPrefix(rest, "forallvalues:"); ok {
		rest, set = r, ForAllValues
	} else if r, ok := strings.CutPrefix(rest, "foranyvalue:"); ok {
		rest, set = r, ForAnyValue
	}
	rest, ifExists := strings.CutSuffix(rest, "ifexists")
	o := operators[rest]
	if o.Family == Null && (ifExists || set != SingleValue) {
		return Operator{}
	}
	o.IfExists, o.Set = ifExists, set
	return o
}
