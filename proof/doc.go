// Package proof says whether an assembly gives exactly the access that its grants declare: it walks each access as AWS would, hop by hop,
// tries what must fail and what must go on working, reads what policies permit beyond that, and says what to change and where. It resolves no
// template (package assembly does) and decides no single request (package policy does).
//
// Behind it, each knowing only those after it, are: probe, the rules that ask whether requests work; audit, the rules that read policies;
// simulate, the walk of one request; and model, what an assembly declares.
package proof
