package model

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// PodIdentity is the service by which EKS gives pods the credentials of a role.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
const PodIdentity = "pods.eks.amazonaws.com"

// PodTags are the session tags that EKS Pod Identity adds. Sessions pass them on to every role that they assume.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
func PodTags() []string {
	return []string{"eks-cluster-arn", "eks-cluster-name", "kubernetes-namespace", "kubernetes-pod-name", "kubernetes-pod-uid", "kubernetes-service-account"}
}

// HasSessionTags says that sessions of a role have tags that they pass on: EKS Pod Identity may assume it with tags.
func (m *Model) HasSessionTags(roleARN string) bool {
	role := m.Role(roleARN)
	if role == nil || role.Trust == nil {
		return false
	}
	return slices.ContainsFunc(role.Trust.Statements, func(s policy.Statement) bool {
		e := s.Elements()
		return s.Effect == policy.Allow && slices.Contains(e.Principals["Service"], PodIdentity) &&
			slices.ContainsFunc(e.Actions, func(action string) bool { return strings.EqualFold(action, "sts:TagSession") })
	})
}
