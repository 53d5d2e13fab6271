"""Mends change sets of moto's CloudFormation: their stacks import and export values, and have outputs, as those of CreateStack do."""
import importlib.abc
import importlib.util
import sys


class Mending(importlib.abc.MetaPathFinder):
    """Mends the module when it is loaded, since loading it earlier would delay the start of the server."""

    def find_spec(self, name, path, target=None):
        if name != "moto.cloudformation.models":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_and_mend(module):
            load(module)
            mend(module)

        spec.loader.exec_module = load_and_mend
        return spec


sys.meta_path.insert(0, Mending())


def mend(module):
    backend = module.CloudFormationBackend
    create, execute, update = backend.create_change_set, backend.execute_change_set, backend.update_stack

    def create_change_set(self, *args, **kwargs):
        set_id, stack_id = create(self, *args, **kwargs)
        self.stacks[stack_id].resource_map.cross_stack_resources = self.exports
        return set_id, stack_id

    def execute_change_set(self, change_set_name, stack_name=None):
        execute(self, change_set_name, stack_name)
        for one in self.change_sets.values():  # the last of a name, as execute does
            if change_set_name in (one.change_set_id, one.change_set_name):
                stack = self.stacks[one.stack_id]
        stack._parse_template()
        publish(self, stack)

    def update_stack(self, *args, **kwargs):
        stack = update(self, *args, **kwargs)
        publish(self, stack)
        return stack

    def publish(self, stack):
        """Makes the outputs of a stack anew, without those of which moto does not know the value, and what it exports."""
        template = dict(stack.template_dict)
        known = {}
        for name, output in (template.get("Outputs") or {}).items():
            try:
                of = module.OutputMap(stack.resource_map, {**template, "Outputs": {name: output}}, stack.stack_id)
                if of[name] is not None:
                    of.exports
                    known[name] = output
            except Exception:
                pass
        stack.output_map = module.OutputMap(stack.resource_map, {**template, "Outputs": known}, stack.stack_id)
        for name in [name for name, one in self.exports.items() if one.exporting_stack_id == stack.stack_id]:
            del self.exports[name]
        for one in stack.exports:
            self.exports[one.name] = one

    backend.create_change_set, backend.execute_change_set, backend.update_stack = create_change_set, execute_change_set, update_stack


