package policy

// Document is a parsed policy, ready to be matched. It is safe for use by several goroutines.
type Document struct {
	// Name is how Explain calls the policy, such as "the endpoint policy of com.amazonaws.eu-west-1.s3". A document does not have it, so set
	// it before the first use. Default its kind and place.
	Name string
	// Version is "2008-10-17" (also when the document has none) or "2012-10-17".
	Version string
	// ID is the policy's Id, "" for none.
	ID string
	// Statements are in the order of the document.
	Statements []Statement

	hasID bool
	// size is in characters, dense without the white space between them.
	size, dense int
}

// Statement is one statement of a document, compiled for matching.
type Statement struct {
	// Sid is the statement's name, "" for none.
	Sid string
	// Effect is what it does with the requests that it matches.
	Effect Effect
	// Index is its place in the document, from 0.
	Index int

	principals                           []principal
	actions                              []actionPattern
	resources                            []resourcePattern
	conditions                           []condition
	notPrincipal, notAction, notResource bool
}
