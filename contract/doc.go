// Package contract is what two accounts have agreed on, as plain data with a JSON form: the names that one of them must know of the
// other, who may do what to which resource, and what is asked in return. The owner of the data writes it ([Encode]), whoever uses the
// data reads it ([Read], [Contract.Grant]) and checks it against what it needs ([Grant.Missing]), and both see what a release changes
// ([Diff]):
//
//	agreed, err := contract.Read(document) // contract.json, as the owner's synthesis wrote it
//	if err != nil {
//		return err
//	}
//	grant, err := agreed.Grant("reports", "prod", "ap-northeast-1")
//	if err != nil {
//		return err
//	}
//	fmt.Println(grant.RoleARN, grant.Uncovered(needs))
//
// It creates nothing and decides nothing: constructs turn it into templates, and IAM decides. It does not say what else the two accounts
// permit or deny, and a digest tells a change by mistake, not one by intent: it is no signature.
package contract
