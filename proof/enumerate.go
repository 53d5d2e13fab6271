package proof

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/enumerate"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Enumeration is what assemblies answer to all requests that follow from their policies.
type Enumeration = enumerate.Enumeration

// Asked is a request with the answer of each assembly.
type Asked = enumerate.Asked

// Question is a request that is asked of each assembly.
type Question = enumerate.Question

// Answer is what one assembly answers.
type Answer = enumerate.Answer

// Untried is a statement from which no request could be derived, or not all.
type Untried = enumerate.Untried

// Deciding is a statement that decides a request.
type Deciding = simulate.Deciding

// Subject is an assembly that is asked, with what its templates do not say.
type Subject struct {
	Assembly *assembly.Assembly
	Options  Options
}

// Enumerate derives requests from the policies of one or several assemblies, and asks each of every one of them:
//
//   - principals: the roles and users of the templates, whom policies name, an account that nobody names, services, users of identity providers, anonymous;
//     and as roles what outsiders may assume;
//   - actions: one for all about which the policies say the same;
//   - resources: those of the templates, and an example for each pattern;
//   - condition keys: of each key each value that a policy compares it with, another one, and none.
//
// What was not tried is in [Enumeration.Untried].
func Enumerate(subjects ...Subject) (*Enumeration, error) {
	var models []*model.Model
	for _, s := range subjects {
		if s.Assembly == nil {
			return nil, errNoAssembly
		}
		m, err := model.NewWithNamed(s.Assembly, s.Options)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	return enumerate.Of(models...), nil
}

// Permitted is what somebody may do on a resource of an assembly in one way.
type Permitted = enumerate.Permitted
