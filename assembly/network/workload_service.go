package network

import "github.com/crossgrant/crossgrant/policy"

// services are in the subnets of their tasks' own interfaces; tasks in another network mode than awsvpc are where their instances are.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-awsvpcconfiguration.html
func (c *catalog) services() (all []*Workload) {
	for _, r := range c.app.OfType(serviceType) {
		network, _ := r.Properties["NetworkConfiguration"].(map[string]any)
		vpc := network["AwsvpcConfiguration"]
		w := &Workload{Resource: r, Subnets: texts(vpc, "Subnets"), SecurityGroups: texts(vpc, "SecurityGroups")}
		if len(w.Subnets) == 0 {
			w.Subnets = []string{attribute(r, "Subnets")}
		}
		switch choice := text(vpc, "AssignPublicIp"); {
		case choice == "ENABLED":
			w.public = policy.Yes
		case choice == "" || policy.IsKnown(choice):
			w.public = policy.No
		default:
			w.public = policy.Indeterminate
		}
		if task := c.find(taskType, text(r.Properties, "TaskDefinition")); task != nil {
			w.Role = text(task.Properties, "TaskRoleArn")
		} else {
			w.Role = attribute(r, "TaskRoleArn")
		}
		all = append(all, w)
	}
	return all
}
