// Package proof says whether an assembly gives exactly the access that its grants declare: it walks each access as AWS would, hop by hop,
// tries what has to fail and what has to go on working, and says what to change and where. It resolves no template (package assembly does)
// and decides no single request (package policy does).
package proof
